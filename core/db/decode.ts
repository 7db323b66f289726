/** How text values of PostgreSQL become values of ours; everything else as `pg` reads it. */
import pg from 'pg'

export type Decoder = (text: string) => unknown

/**
 * int8 is a number where that is exact and an error where it is not; numeric and date stay text
 * (money and business days are never floats or instants); timestamptz is a Date.
 */
const ours: ReadonlyMap<number, Decoder> = new Map<number, Decoder>([
  [20, (text) => exactInteger(text)],
  [1082, (text) => text],
  [1184, (text) => instant(text)],
  [1700, (text) => text],
])

export const decoderOf = (oid: number): Decoder =>
  ours.get(oid) ?? (pg.types.getTypeParser(oid, 'text') as Decoder)

const exactInteger = (text: string): number => {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError('int8 beyond 2^53: select it as text')
  return value
}

const readOther = pg.types.getTypeParser(1184, 'text') as (text: string) => unknown

/** '2022-06-30 05:12:00.5+00': our connections run in UTC, where a slice is enough. */
const instant = (text: string): unknown =>
  text.endsWith('+00') && text.length > 18 && text[10] === ' '
    ? new Date(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`)
    : readOther(text)
