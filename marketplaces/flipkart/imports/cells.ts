/** Cells of Flipkart's files by their headings, and what their texts mean. */
import { paiseOf, type ReportRecord } from 'robnu/plugin'
import { startOfDay } from '../times.ts'

export const keyOf = (heading: string): string =>
  heading.trim().replaceAll(/\s+/g, ' ').toLowerCase()

/** Reads a line by names of our own; the empty text where the file has no such column, or says NA. */
export const readerOf = <const Names extends Readonly<Record<string, string>>>(
  columns: readonly string[],
  names: Names,
): (record: ReportRecord) => (name: keyof Names) => string => {
  const headings = columns.map(keyOf)
  const places = new Map(
    Object.entries(names).map(([name, heading]) => [name, headings.indexOf(keyOf(heading))]),
  )
  return ({ cells }) => (name) => plain(cells[places.get(String(name)) ?? -1] ?? '')
}

export const plain = (text: string): string =>
  /^(?:na|n\/a|null|-)$/i.test(text.trim()) ? '' : text.replace(/^'/, '').trim()

/** What a spreadsheet has made of a long number: its last digits are lost. */
const cutOff = /^\d(?:\.\d+)?e\+?\d+$/i
export const isCutOff = (text: string): boolean => cutOff.test(text)
/** Null for nothing, and for a number that was cut off. */
export const textOf = (text: string): string | null => text === '' || isCutOff(text) ? null : text

/** An id as Flipkart writes it; some files put a word before it: `OI:12000…`, `SKU:…`. */
export const idOf = (text: string): string => text.replace(/^"*(?:OI|SKU):/i, '').replace(/"+$/, '')
export const isId = (text: string): boolean => /^[A-Za-z0-9][\w./-]{0,79}$/.test(text)

/** Texts of the ledger have an end: what is longer is no name and no number. */
export const isTooLong = <Name extends string>(
  cell: (name: Name) => string,
  limits: Readonly<Partial<Record<Name, number>>>,
): boolean =>
  Object.entries<number | undefined>(limits).some(([name, most]) =>
    cell(name as Name).length > (most ?? Infinity)
  )

/** A whole number of pieces; undefined for what is no such number. */
export const piecesOf = (text: string): number | undefined => {
  const found = /^(\d{1,6})(?:\.0*)?$/.exec(text)
  return found ? Number(found[1]) : undefined
}

const plainMoney = (text: string): string =>
  text.replace(/^(-?)\s*(?:₹|rs\.?|inr)\s*/i, '$1').replaceAll(/,(?=\d)/g, '')

/** Rupees in paise, null where nothing stands, undefined for what is no amount. */
export const moneyOf = (text: string): number | null | undefined =>
  text === '' ? null : paiseOf(plainMoney(text))

/** Ten-thousandths of a rupee: amounts of settlements may have four digits behind the point. */
export const exactOf = (text: string): bigint | undefined => {
  if (text === '') return 0n
  const found = /^(-?)(\d{1,10})(?:\.(\d*?)0*)?$/.exec(plainMoney(text))
  const digits = found?.[3] ?? ''
  if (!found || digits.length > 4) return undefined
  const amount = BigInt(`${found[2]}${digits.padEnd(4, '0')}`)
  return found[1] === '-' ? -amount : amount
}

/** Decimal text with two to four digits behind the point. */
export const decimalOf = (amount: bigint): string => {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(5, '0')
  const sign = amount < 0n ? '-' : ''
  return `${sign}${digits.slice(0, -4)}.${digits.slice(-4).replace(/0{1,2}$/, '')}`
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
interface Parts {
  readonly day: string
  readonly time: string
}

/** `2026-08-14`, `Aug 14, 2026 17:03`, `14-Aug-2026`, `08/14/26` (mm/dd/yy, as a heading says). */
const partsOf = (text: string): Parts | undefined => {
  const [, date = '', time = ''] = /^(.*?\d)(?:[T\s]+(\d{1,2}:\d{2}.*))?$/.exec(text.trim()) ?? []
  const iso = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date)
  const words = /^([a-z]{3})[a-z]*\.?\s+(\d{1,2}),?\s+(\d{4})$/i.exec(date)
  const middle = /^(\d{1,2})[-\s]([a-z]{3})[a-z]*[-\s](\d{4})$/i.exec(date)
  const slashes = /^(\d{1,2})\/(\d{1,2})\/(\d{2}|\d{4})$/.exec(date)
  const numbered = (word: string) => months.indexOf(word.toLowerCase()) + 1
  const [year, month, day] = iso
    ? [Number(iso[1]), Number(iso[2]), Number(iso[3])]
    : words
    ? [Number(words[3]), numbered(words[1] ?? ''), Number(words[2])]
    : middle
    ? [Number(middle[3]), numbered(middle[2] ?? ''), Number(middle[1])]
    : slashes
    ? [Number(slashes[3]) % 100 + 2000, Number(slashes[1]), Number(slashes[2])]
    : [0, 0, 0]
  const written = [year, month, day].map((one, at) => String(one).padStart(at ? 2 : 4, '0'))
    .join('-')
  const at = Date.parse(`${written}T00:00:00Z`)
  const isReal = year >= 1991 && year <= 2099 && !Number.isNaN(at) &&
    new Date(at).toISOString().startsWith(written)
  return isReal ? { day: written, time } : undefined
}

/** Without a zone it is India's time. */
export const timeOf = (text: string): Date | undefined => {
  const parts = partsOf(text)
  if (!parts) return undefined
  if (parts.time === '') return startOfDay(parts.day)
  const found = /^(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?\s*([ap]m)?\s*(Z|[+-]\d{2}:?\d{2})?$/i
    .exec(parts.time)
  if (!found) return undefined
  const [, hour = '', minute = '', second = '00', half, zone = '+05:30'] = found
  const hours = half ? Number(hour) % 12 + (half.toLowerCase() === 'pm' ? 12 : 0) : Number(hour)
  const clock = [String(hours).padStart(2, '0'), minute, second].join(':')
  const at = new Date(`${parts.day}T${clock}${zone.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2')}`)
  return Number.isNaN(at.getTime()) ? undefined : at
}

/** The business day in India. */
export const dayOf = (text: string): string | undefined => partsOf(text)?.day

/** The last of these that is not in the future. */
export const latestOf = (texts: readonly string[], now: Date): Date | undefined => {
  const times = texts.flatMap((text) => {
    const at = timeOf(text)
    return at && at <= now ? [at.getTime()] : []
  })
  return times.length === 0 ? undefined : new Date(Math.max(...times))
}
