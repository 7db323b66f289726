/** Cells of AJIO's reports by their headings, and what their texts mean. */
import { paiseOf, type ReportRecord } from 'robnu/plugin'
import { ajioDay, ajioTime, startOfDay } from '../times.ts'

const keyOf = (heading: string): string => heading.trim().replaceAll(/\s+/g, ' ').toLowerCase()

/** Reads a line by names of our own; the empty text where the report has no such column. */
export const readerOf = <const Names extends Readonly<Record<string, string>>>(
  columns: readonly string[],
  names: Names,
): (record: ReportRecord) => (name: keyof Names) => string => {
  const headings = columns.map(keyOf)
  const places = new Map(
    Object.entries(names).map(([name, heading]) => [name, headings.indexOf(keyOf(heading))]),
  )
  return ({ cells }) => (name) => cells[places.get(String(name)) ?? -1] ?? ''
}

/** What a spreadsheet has made of a long number: its last digits are lost. */
const cutOff = /^\d(?:\.\d+)?e\+?\d+$/i
export const isCutOff = (text: string): boolean => cutOff.test(text)

/** Null for nothing, and for a number that was cut off. */
export const textOf = (text: string): string | null => text === '' || isCutOff(text) ? null : text

/** A whole number of pieces, none where nothing stands; undefined for what is no such number. */
export const piecesOf = (text: string): number | undefined => {
  if (text === '') return 0
  const found = /^(-?)(\d{1,6})(?:\.0*)?$/.exec(text)
  const pieces = Number(found?.[2] ?? NaN)
  // -0.0 is what some program makes of nothing
  return Number.isNaN(pieces) || found?.[1] === '-' && pieces !== 0 ? undefined : pieces
}

/** Decimal text without signs of currency and thousands. */
const plainMoney = (text: string): string =>
  text.replace(/^(-?)\s*(?:₹|rs\.?|inr)\s*/i, '$1').replaceAll(/,(?=\d)/g, '')

/** Rupees in paise, null where nothing stands, undefined for what is no amount. */
export const moneyOf = (text: string): number | null | undefined =>
  text === '' ? null : paiseOf(plainMoney(text))

/** The same where parts of a paisa may stand: rounded, for sums that allow for it. */
export const roughMoneyOf = (text: string): number | undefined =>
  text === '' ? 0 : paiseOf(plainMoney(text).replace(/(\.\d\d)\d+$/, '$1'))

/** Decimal text with two to four digits behind the point; undefined for what is none. */
export const decimalOf = (text: string): string | undefined => {
  const [, sign = '', rupees = '', digits = ''] =
    /^(-?)(\d{1,10})(?:\.(\d*?)0*)?$/.exec(plainMoney(text)) ?? []
  if (rupees === '' || digits.length > 4) return undefined
  const amount = `${Number(rupees)}.${digits.padEnd(2, '0')}`
  return /[1-9]/.test(amount) ? `${sign}${amount}` : '0.00'
}

/** Java's dates, ISO, and days; without a zone they are India's. */
export const timeOf = (text: string): Date | undefined => {
  const told = ajioTime(text)
  if (told) return told
  const naive = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?$/.exec(text)
  if (!naive) return undefined
  const [, day = '', time] = naive
  if (time !== undefined) return ajioTime(`${day}T${time}+05:30`)
  return ajioDay(day) === undefined ? undefined : startOfDay(day)
}

/** The business day in India. */
export const dayOf = (text: string): string | undefined => {
  const at = timeOf(text)
  return at && ajioDay(at.toISOString())
}

/** The last of these that is not in the future. */
export const latestOf = (texts: readonly string[], now: Date): Date | undefined => {
  const times = texts.flatMap((text) => {
    const at = timeOf(text)
    return at && at <= now ? [at.getTime()] : []
  })
  return times.length === 0 ? undefined : new Date(Math.max(...times))
}
