/** Meesho's times: ISO 8601, naive ones in India; and the days of its files. */

const iso =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?(Z|[+-]\d{2}:?\d{2})?$/
const indianDay = /^(\d{2})-(\d{2})-(\d{4})$/
// the whole of India lives by one offset
const istMs = 330 * 60_000

/** An instant; a time without an offset is India's. Undefined for other text, and outside 1990 to 2099. */
export const meeshoTime = (text: string): Date | undefined => {
  const trimmed = text.trim()
  const turned = indianDay.exec(trimmed)
  const found = turned ? [trimmed, turned[3], turned[2], turned[1]] : iso.exec(trimmed)
  if (!found) return undefined
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone] = found
  const parts = [year, month, day, hour, minute, second].map(Number)
  return instant(
    parts,
    zone === undefined ? istMs : offsetMs(zone),
    Number(fraction.padEnd(3, '0').slice(0, 3)),
  )
}

/** The business day of an instant, `2026-08-14`. */
export const dayInIndia = (at: Date): string =>
  new Date(at.getTime() + istMs).toISOString().slice(0, 10)

const offsetMs = (zone: string): number => {
  if (zone === 'Z') return 0
  const digits = zone.replace(/\D/g, '')
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2))
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000
}

// the ledger takes no time before this one: an order of then is a mistake
const earliest = Date.UTC(1990, 0, 1)
const instant = (parts: readonly number[], zoneMs: number, ms: number): Date | undefined => {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
  if (year < 1990 || year > 2099) return undefined
  const told = new Date(Date.UTC(year, month - 1, day, hour, minute, second))
  // 31 June rolls over to July: such a date is a fault, not another date
  const agrees = told.getUTCMonth() === month - 1 && told.getUTCDate() === day &&
    told.getUTCHours() === hour && told.getUTCMinutes() === minute
  const at = told.getTime() - zoneMs + ms
  return agrees && second < 60 && at >= earliest ? new Date(at) : undefined
}
