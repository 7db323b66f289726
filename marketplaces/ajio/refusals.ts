/** What the gateway's refusals mean, in words with the next step. */
import type { FailureKind } from 'robnu/plugin'
import { RefusalBody } from './answers.ts'

interface Reading {
  readonly kind: FailureKind
  readonly message: string
  readonly code?: string
}

/** The code of the failure for a token that a refresh replaces. */
export const tokenExpired = 'token-expired'
export const tokenExpiredMessage = 'Cannot ask AJIO: the session token has expired'

/** A refusal that has a form; undefined for what has none. */
export const refusalOf = (body: unknown): RefusalBody | undefined => {
  const parsed = RefusalBody.safeParse(body)
  return parsed.success ? parsed.data : undefined
}

/** `QC_PASSED` as we write codes: `qc-passed`. */
export const kebab = (code: string): string => code.toLowerCase().replaceAll('_', '-')

/** Undefined: the standard reading of the status holds. */
export const explain = (status: number, body: unknown): Reading | undefined => {
  const code = refusalOf(body)?.code
  if (code === undefined) return undefined
  if (status === 401 || status === 403) return accessRefusals[code]
  if (status === 404 && code === 'NOT_READY') {
    const message = 'Cannot fetch the document yet: AJIO has not made it'
    return { kind: 'unavailable', code: 'not-ready', message }
  }
  if (status === 404) {
    return { kind: 'rejected', code: 'not-found', message: 'Cannot find it at AJIO' }
  }
  if (status !== 409 && status !== 422) return undefined
  return { kind: 'rejected', code: kebab(code), message: `AJIO refused it: ${wordsOf(code)}` }
}

const accessRefusals: Readonly<Record<string, Reading>> = {
  TOKEN_EXPIRED: { kind: 'auth', code: tokenExpired, message: tokenExpiredMessage },
  TOKEN_INVALID: {
    kind: 'auth',
    code: 'token-invalid',
    message: 'Cannot ask AJIO: it does not know the session, connect the account anew with the ' +
      'browser extension at seller.ajio.com',
  },
  SESSION_DEAD: {
    kind: 'auth',
    code: 'session-dead',
    message: 'Cannot sign in to AJIO: the session was used elsewhere or withdrawn, connect the ' +
      'account anew with the browser extension at seller.ajio.com',
  },
  POB_MISMATCH: {
    kind: 'auth',
    code: 'pob-mismatch',
    message: 'Cannot ask AJIO: the session belongs to another POB or store, sign in to ' +
      'seller.ajio.com with the POB of this account and connect it anew',
  },
}

/** Why a line, an order, a parcel or a manifest was refused, for the seller. */
export const wordsOf = (code: string): string =>
  words[code] ?? `it gave the code ${code}, look at the order in the seller portal`

const words: Readonly<Record<string, string>> = {
  ON_HOLD: 'the order is on hold, start it again when AJIO has released it',
  PO_NOT_READY: 'AJIO has not filled in its purchase order, start the order again later',
  CANCELLED: 'it is cancelled',
  UNKNOWN_LINE: 'it does not know a line of the order, sync the orders and start it again',
  QTY_ABOVE_ORDER: 'more is confirmed than is ordered, sync the orders and start it again',
  ALREADY_ACKNOWLEDGED: 'the order is acknowledged already',
  NOT_ACKNOWLEDGED: 'the order is not acknowledged, start it again',
  ALREADY_SHIPPED: 'the order has its package already',
  INVOICE_USED: 'another order has this invoice number, mend the series of invoices',
  QTY_MISMATCH: 'the package does not hold what was confirmed, sync the orders and start it again',
  QC_PASSED: 'the goods have left, it cannot be cancelled any more',
  MANIFEST_CLOSED: 'the manifest is closed',
  MANIFEST_FULL: 'the manifest is full',
  MANIFEST_EMPTY: 'the manifest holds no package, add one or leave it open',
  IN_OTHER_MANIFEST: 'the package lies in another manifest',
  UNKNOWN_SHIPMENT: 'it does not know the package',
  NOT_FOUND: 'AJIO does not know it at this POB',
  UNKNOWN_SKU: 'it does not know the SKU at this store, check the listing',
  NOT_DELIVERED: 'the return has not been delivered yet',
  BATCH_REFUSED: 'a line of it is wrong',
}
