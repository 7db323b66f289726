/** What reading a row of any of the lists has in common. */
import type { RejectedRow } from 'robnu/plugin'

/** Why a row cannot be accepted; counted in the run by these words. */
type Refusal =
  | 'malformed-shipment'
  | 'malformed-sibling'
  | 'malformed-return'
  | 'money-not-in-paise'

/** `id` names the row; it stays in clear, so it must look like an id. */
export const reject = (raw: unknown, reason: Refusal, id?: unknown): RejectedRow => {
  const key = typeof id === 'string' && /^[\w-]{1,80}$/.test(id) ? { key: id } : {}
  return { ...key, reason, raw: JSON.stringify(raw) ?? 'undefined' }
}

export const memberOf = (raw: unknown, member: string): unknown =>
  raw instanceof Object ? Reflect.get(raw, member) : undefined

export const chunksOf = <T>(list: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from(
    { length: Math.ceil(list.length / size) },
    (_, at) => list.slice(at * size, (at + 1) * size),
  )
