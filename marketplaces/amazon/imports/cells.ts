/** Cells of Amazon's reports by their headings, and what their texts mean. */
import type { ReportRecord } from 'robnu/plugin'

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
export const isCutOff = (text: string): boolean => /^\d(?:[.,]\d+)?e\+?\d+$/i.test(text)
export const textOf = (text: string): string | null => text === '' ? null : text

/** A whole number of pieces; undefined for what is none. */
export const piecesOf = (text: string): number | undefined =>
  /^\d{1,6}(?:\.0*)?$/.test(text) ? Number.parseInt(text) : undefined

/**
 * An amount in ten-thousandths: sign, thousands separators and a sign of currency may stand there. The
 * empty text is undefined, like everything that is no amount or has more than four digits behind its
 * point.
 */
export const unitsOf = (text: string): bigint | undefined => {
  const plain = text.replace(/^(-?)\s*(?:₹|rs\.?|inr)\s*(?=[-\d])/i, '$1')
  // thousands and, as in India, lakhs
  const ungrouped = /^-?\d{1,3}(?:,\d{2,3})+(?:\.\d+)?$/.test(plain)
    ? plain.replaceAll(',', '')
    : plain
  const [, sign, whole = '', digits = ''] = /^(-?)(\d{1,10})(?:\.(\d*?)0*)?$/.exec(ungrouped) ?? []
  if (whole === '' || digits.length > 4) return undefined
  const size = BigInt(whole) * 10_000n + BigInt(digits.padEnd(4, '0'))
  return sign === '-' ? -size : size
}

/** 6474200n → '647.42', -5n → '-0.0005'. */
export const decimalOf = (units: bigint): string => {
  const digits = String(units < 0n ? -units : units).padStart(5, '0')
  const fraction = digits.slice(-4).replace(/0{1,2}$/, '')
  return `${units < 0n ? '-' : ''}${digits.slice(0, -4)}.${fraction}`
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
type Parts = readonly [year: string, month: string, day: string]
/** The orders in which reports write a day. */
const dayForms: readonly ((text: string) => Parts | undefined)[] = [
  (text) => partsOf(/^(\d{4})-(\d{2})-(\d{2})$/.exec(text), 1, 2, 3),
  (text) => partsOf(/^(\d{1,2})\.(\d{1,2})\.(\d{4})$/.exec(text), 3, 2, 1),
  (text) => partsOf(/^(\d{1,2})-(\d{1,2})-(\d{4})$/.exec(text), 3, 2, 1),
  (text) => {
    const found = /^(\d{1,2})[- ]([a-z]{3})[a-z]*[- ,]+(\d{4})$/i.exec(text)
    const month = months.indexOf((found?.[2] ?? '').toLowerCase()) + 1
    return found && month > 0 ? [found[3] ?? '', String(month), found[1] ?? ''] : undefined
  },
  // India's order of a day with slashes, then that of the United States
  (text) => partsOf(/^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text), 3, 2, 1),
  (text) => partsOf(/^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text), 3, 1, 2),
]
const partsOf = (
  found: RegExpExecArray | null,
  year: number,
  month: number,
  day: number,
): Parts | undefined =>
  found ? [found[year] ?? '', found[month] ?? '', found[day] ?? ''] : undefined

export type TimeReader = (text: string) => Date | undefined

const timeBy = (dayForm: (typeof dayForms)[number]): TimeReader => (text) => {
  const [, day = '', clock = '00:00:00', zone = ''] =
    /^(\d{4}-\d{2}-\d{2}|.*?\d{4})(?:[T ]+(\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?\s*(UTC|GMT|Z|[+-]\d{2}:?\d{2})?$/i
      .exec(text) ?? []
  const parts = dayForm(day)
  if (!parts) return undefined
  const [year, month, date] = [parts[0], parts[1].padStart(2, '0'), parts[2].padStart(2, '0')]
  const offset = /^[+-]/.test(zone) ? zone.replace(/^(...)(\d\d)$/, '$1:$2') : 'Z'
  const time = clock.padStart(clock.indexOf(':') === 1 ? clock.length + 1 : clock.length, '0')
  const at = new Date(`${year}-${month}-${date}T${time}${offset}`)
  const isDay = new Date(`${year}-${month}-${date}T00:00:00Z`)
  // the 31st of June is a day in no year, and no report is older than Amazon
  const holds = !Number.isNaN(at.getTime()) && isDay.getUTCDate() === Number(date)
  return holds && Number(year) >= 1995 && Number(year) < 2200 ? at : undefined
}
const timeReaders = dayForms.map(timeBy)

/** The one form in which all of these are times, in this order; Amazon's marketplaces differ. */
export const timesLike = (texts: readonly string[]): TimeReader | undefined =>
  timeReaders.find((read) => {
    const times = texts.map(read)
    return times.every((time, at) => {
      const before = times[at - 1]
      return time !== undefined && (at === 0 || before !== undefined && before <= time)
    })
  })

/** A time by itself; a day with slashes is India's. Without a zone it is UTC, as Amazon's all are. */
export const timeOf: TimeReader = (text) => {
  for (const read of timeReaders) {
    const time = read(text)
    if (time) return time
  }
  return undefined
}

const indiaMs = 5.5 * 3_600_000
/** The business day in India. */
export const dayOf = (at: Date): string =>
  new Date(at.getTime() + indiaMs).toISOString().slice(0, 10)
