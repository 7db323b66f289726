/** What Flipkart's refusals mean, in words with the next step. */
import type { FailureKind } from 'robnu/plugin'
import { RefusalBody } from './answers.ts'

interface Reading {
  readonly kind: FailureKind
  readonly message: string
  readonly code?: string
}

/** The code of the failure for a token that a refresh replaces. */
export const tokenExpired = 'token-expired'
export const tokenExpiredMessage = 'Cannot ask Flipkart: the access token is missing or over'

/** `INVALID_ITEM_STATE` as we write codes: `invalid-item-state`. Nothing of a text that is no code. */
export const kebab = (code: string): string =>
  /^[A-Za-z][A-Za-z0-9_]{0,60}$/.test(code)
    ? code.toLowerCase().replace(/_+/g, '-').replace(/-$/, '')
    : 'refused'

const codeOf = (body: unknown): string | undefined => {
  const parsed = RefusalBody.safeParse(body)
  return parsed.success ? parsed.data.errors?.[0]?.code ?? undefined : undefined
}

/** Undefined: the standard reading of the status holds. */
export const explain = (status: number, body: unknown): Reading | undefined => {
  const code = codeOf(body)
  if (status === 403 && code === 'OPERATION_NOT_ALLOWED') {
    // no fault of the token: asking again with another one would never end
    return { kind: 'rejected', code: 'operation-not-allowed', message: notAllowed }
  }
  if (status === 404) {
    return { kind: 'rejected', code: 'not-found', message: 'Cannot find it at Flipkart' }
  }
  if ((status !== 400 && status !== 422) || code === undefined) return undefined
  return { kind: 'rejected', code: kebab(code), message: `Flipkart refused it: ${wordsOf(code)}` }
}

const notAllowed =
  'Cannot ask Flipkart for it: the application has no permission, ask Flipkart to grant it (the ' +
  'Reports API is a paid service)'

/** Of documents: one that is not made yet. */
export const explainPaper = (status: number, body: unknown): Reading | undefined =>
  status === 422 && codeOf(body) === 'INVALID_ITEM_STATE'
    ? { kind: 'unavailable', code: 'not-ready', message: 'Flipkart has not made the document yet' }
    : explain(status, body)

/** Of a signed address: it is over, and no other token opens it. The report says where the file is now. */
export const explainFile = (status: number): Reading | undefined =>
  status === 401 || status === 403 || status === 404 || status === 410
    ? { kind: 'unavailable', code: 'file-gone', message: 'The file of the report is not there now' }
    : undefined

/** Of the token endpoint: what a refresh cannot mend has to be connected anew. */
export const explainToken = (status: number, body: unknown): Reading | undefined => {
  const error = RefusalBody.safeParse(body).data?.error
  if (status === 401) {
    const message = 'Cannot sign in to Flipkart: it does not know the application id and secret, ' +
      'check them at the developer page of the seller portal and connect anew'
    return { kind: 'auth', code: 'client-refused', message }
  }
  if (status === 400 && error === 'invalid_grant') {
    const message =
      'Cannot sign in to Flipkart: the permission was withdrawn or is over, connect ' +
      'the account anew'
    return { kind: 'auth', code: 'grant-refused', message }
  }
  return undefined
}

/** Why a shipment or a SKU was refused, for the seller. */
export const wordsOf = (code: string): string =>
  Object.hasOwn(words, code)
    ? words[code] ?? ''
    : kebab(code) === 'refused'
    ? 'look at it in the seller portal'
    : `it gave the code ${code}, look at it in the seller portal`

const words: Readonly<Record<string, string>> = {
  CANCELLED: 'it is cancelled',
  INVALID_SHIPMENTS: 'it does not know the shipment at this location',
  INVALID_ITEM_STATE: 'its state does not allow it, sync the orders and start it again',
  OPERATION_NOT_ALLOWED: 'it is on hold, or its time has not come, start it again later',
  INVALID_REQUEST_ITEM_ID: 'it does not know a line of it, sync the orders and start it again',
  INVALID_REQUEST_TAX: 'it does not take the GST rate, mend the rate of the account or the product',
  UNPROCESSABLE_ENTITY: 'it cannot process it, look at it in the seller portal',
  DEPENDENT_SYSTEM_CALL_FAILED: 'one of its own systems failed, start it again later',
}
