/** What reading a row of any of the lists has in common. */
import type { RejectedRow, ReturnKind } from 'robnu/plugin'
import { dayInIndia } from './times.ts'

/** Why a row cannot be accepted; counted in the run by these words. */
export type Refusal =
  | 'malformed-order'
  | 'malformed-return'
  | 'money-not-in-paise'
  | 'unknown-return-type'

/** The key stays in clear, so it must look like one. */
export const reject = (
  raw: unknown,
  reason: Refusal,
): { readonly rejected: RejectedRow } => {
  const id: unknown = raw instanceof Object ? Reflect.get(raw, 'sub_order_no') : undefined
  const key = typeof id === 'string' && /^\d{5,30}_\d{1,3}$/.test(id) ? { key: id } : {}
  return { rejected: { ...key, reason, raw: JSON.stringify(raw) ?? 'undefined' } }
}

const kinds: Readonly<Record<ReturnKind, string>> = {
  CUSTOMER_RETURN: 'CUSTOMER',
  RTO: 'RTO',
  EXCHANGE: 'EXCHANGE',
}
/** Meesho has no number for a return: it is known by sub-order, type and day of creation in India. */
export const returnIdOf = (subOrderNo: string, kind: ReturnKind, createdAt: Date): string =>
  `${subOrderNo}/${kinds[kind]}/${dayInIndia(createdAt)}`
