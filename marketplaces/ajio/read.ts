/** What reading a row of any of the lists has in common. */
import type { RejectedRow } from 'robnu/plugin'

/** Why a row cannot be accepted; counted in the run by these words. */
export type Refusal =
  | 'malformed-order'
  | 'malformed-return'
  | 'malformed-settlement'
  | 'money-not-in-paise'
  | 'cancelled-above-ordered'
  | 'unknown-return-type'
  | 'line-does-not-add-up'
  | 'total-does-not-add-up'
  | 'line-told-twice'

/** `member` holds the row's id. The key stays in clear, so it must look like one. */
export const reject = (
  raw: unknown,
  member: string,
  reason: Refusal,
): { readonly rejected: RejectedRow } => {
  const id: unknown = raw instanceof Object ? Reflect.get(raw, member) : undefined
  const key = typeof id === 'string' && /^[A-Z0-9-]{1,40}$/.test(id) ? { key: id } : {}
  return { rejected: { ...key, reason, raw: JSON.stringify(raw) ?? 'undefined' } }
}

/** A line's own id: unique in its order, and the same in orders, parcels, returns and reports. */
export const lineId = (
  line: { readonly sellerOrderNo: string; readonly jioCode: string },
): string => `${line.sellerOrderNo}/${line.jioCode}`

export const lineKeyOf = (id: string): { sellerOrderNo: string; jioCode: string } => {
  const at = id.lastIndexOf('/')
  return { sellerOrderNo: id.slice(0, at), jioCode: id.slice(at + 1) }
}

/** The last of those that share a key, in the place of the first. */
export const uniqueBy = <T>(list: readonly T[], keyOf: (one: T) => string): readonly T[] => [
  ...new Map(list.map((one) => [keyOf(one), one])).values(),
]
