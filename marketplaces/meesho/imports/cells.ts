/** Cells of Meesho's files by their headings, and what their texts mean. */
import { paiseOf, type ReportRecord } from 'robnu/plugin'
import { dayInIndia, meeshoTime } from '../times.ts'

export const headingOf = (heading: string): string =>
  heading.trim().replaceAll(/\s+/g, ' ').toLowerCase()

/** Reads a line by names of our own; the empty text where the file has no such column. */
export const readerOf = <const Names extends Readonly<Record<string, string>>>(
  columns: readonly string[],
  names: Names,
): (record: ReportRecord) => (name: keyof Names) => string => {
  const headings = columns.map(headingOf)
  const places = new Map(
    Object.entries(names).map(([name, heading]) => [name, headings.indexOf(headingOf(heading))]),
  )
  return ({ cells }) => (name) => cells[places.get(String(name)) ?? -1] ?? ''
}

/** `184000000000000001_1`: what a spreadsheet has cut off is none. */
export const isSubOrderNo = (text: string): boolean => /^\d{5,30}_\d{1,3}$/.test(text)

export const textOf = (text: string): string | null => text === '' ? null : text

/** Lines that Meesho puts below the headings and that tell nothing. */
export const uselessness = ({ cells }: ReportRecord): string | undefined => {
  const [first = '', ...others] = cells
  if (/^no data is available/i.test(first)) return 'no-data'
  // the letters of the columns, with the formula of the settlement
  return first === 'A' && others[0] === 'B' ? 'formula-line' : undefined
}

/** A whole number of pieces; undefined for what is none. */
export const piecesOf = (text: string): number | undefined => {
  const found = /^(\d{1,6})(?:\.0*)?$/.exec(text)
  return found ? Number(found[1]) : undefined
}

/** Decimal text without signs of currency and thousands. */
const plainMoney = (text: string): string =>
  text.replace(/^(-?)\s*(?:₹|rs\.?|inr)\s*/i, '$1').replaceAll(/,(?=\d)/g, '')

/** Rupees in paise, null where nothing stands, undefined for what is no amount. */
export const moneyOf = (text: string): number | null | undefined =>
  text === '' ? null : paiseOf(plainMoney(text))

/** In units of a hundredth of a paisa: what a program printed of a float is rounded to them. */
export const unitsOf = (text: string): bigint | undefined => {
  if (text === '') return 0n
  const [, sign = '', rupees = '', digits = ''] =
    /^([-+]?)(\d{1,10})(?:\.(\d{0,20}))?$/.exec(plainMoney(text)) ?? []
  if (rupees === '') return undefined
  const exact = BigInt(rupees) * 10_000n + BigInt(digits.slice(0, 4).padEnd(4, '0'))
  const units = exact + (/^[5-9]/.test(digits.slice(4)) ? 1n : 0n)
  return sign === '-' ? -units : units
}

/** Decimal text with two to four digits behind the point. */
export const decimalOf = (units: bigint): string => {
  const whole = units < 0n ? -units : units
  const digits = String(whole % 10_000n).padStart(4, '0').replace(/0{1,2}$/, '')
  return `${units < 0n ? '-' : ''}${whole / 10_000n}.${digits}`
}

/** Rupees in paise, rounded: what a program printed of a float, `66.68000000000001`. */
export const floatPaiseOf = (text: string): number | undefined => {
  const units = unitsOf(text)
  if (units === undefined) return undefined
  const half = units < 0n ? -50n : 50n
  return Number((units + half) / 100n)
}

/** Days and times as the files write them, `2026-08-14`, `14-08-2026`, `14 Aug 2026`; India's. */
export const timeOf = (text: string): Date | undefined => {
  const [, day = '', month = '', year = ''] =
    /^(\d{1,2})[\s-]([A-Za-z]{3})[a-z]*[\s,-]+(\d{4})$/.exec(text) ?? []
  const number = months.indexOf(month.toLowerCase()) + 1
  if (number === 0) return meeshoTime(text.replaceAll('/', '-'))
  return meeshoTime(`${year}-${String(number).padStart(2, '0')}-${day.padStart(2, '0')}`)
}
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** The business day in India. */
export const dayOf = (text: string): string | undefined => {
  const at = timeOf(text)
  return at && dayInIndia(at)
}
export const startOfDay = (day: string): Date => new Date(`${day}T00:00:00+05:30`)
