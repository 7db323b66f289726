/** The forms that rows of every kind share. */
import { z } from 'zod'

/** PostgreSQL holds any text but one with this character. */
const nul = '\0'
export const text = (max: number) => z.string().max(max).refine((value) => !value.includes(nul))
/** What is outside of these years is a mistake, and would break what sorts and pages by time. */
export const time = z.date()
  .min(new Date('1990-01-01T00:00:00Z'))
  .max(new Date('2200-01-01T00:00:00Z'))
export const paise = z.number().int()
export const quantity = z.number().int().min(0).max(2_147_483_647)
export const day = z.iso.date()
/** Decimal text with at most four digits behind the point, as numeric(14,4) holds it. */
export const amount = z.string().regex(/^-?\d{1,10}(?:\.\d{1,4})?$/, { abort: true })
/** Unique in its list; the other members are looked at by their own schemas. */
export const eachOnce = (rows: readonly { readonly externalId: string }[]): boolean =>
  new Set(rows.map((row) => row.externalId)).size === rows.length

/** An amount in ten-thousandths. */
export const units = (decimal: string): bigint => {
  const [whole = '', fraction = ''] = decimal.replace('-', '').split('.')
  const size = BigInt(whole) * 10_000n + BigInt(fraction.padEnd(4, '0'))
  return decimal.startsWith('-') ? -size : size
}
