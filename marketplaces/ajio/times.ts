/** AJIO's times: Java's own text with IST, or ISO 8601 with an offset. No parser of the runtime reads the first. */

const java = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d{2}) (\d{2}):(\d{2}):(\d{2}) IST (\d{4})$/
const iso =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})$/
const day = /^(\d{4})-(\d{2})-(\d{2})$/
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
// the whole of India lives by one offset; "IST" is also Israel's and Ireland's, never here
const istMs = 330 * 60_000

/** `Fri Aug 14 16:43:42 IST 2026` as an instant; undefined for any other text. */
export const javaDate = (text: string): Date | undefined => {
  const [, month = '', dayOfMonth, hour, minute, second, year] = java.exec(text.trim()) ?? []
  const index = months.indexOf(month)
  if (index < 0) return undefined
  return instant([year, index + 1, dayOfMonth, hour, minute, second].map(Number), istMs)
}

/** Either form; undefined for what is none, has no zone, or lies outside of 1990 to 2099. */
export const ajioTime = (text: string): Date | undefined => {
  const asJava = javaDate(text)
  if (asJava) return asJava
  const found = iso.exec(text.trim())
  if (!found) return undefined
  const [, year, month, dayOfMonth, hour, minute, second = '0', fraction = '', zone = ''] = found
  const ms = Number(fraction.slice(0, 3).padEnd(3, '0'))
  const parts = [year, month, dayOfMonth, hour, minute, second].map(Number)
  return instant(parts, offsetMs(zone) - ms)
}

/** A business day, `2026-08-14`: of a day, or of an instant as it falls in India. */
export const ajioDay = (text: string): string | undefined => {
  const found = day.exec(text.trim())
  if (found) {
    const parts = [found[1], found[2], found[3], '0', '0', '0'].map(Number)
    return instant(parts, istMs) ? found[0] : undefined
  }
  const at = ajioTime(text)
  return at && dayInIndia(at)
}

export const dayInIndia = (at: Date): string =>
  new Date(at.getTime() + istMs).toISOString().slice(0, 10)

/** Midnight in India at the beginning of a business day. */
export const startOfDay = (businessDay: string): Date =>
  new Date(Date.parse(`${businessDay}T00:00:00Z`) - istMs)

const offsetMs = (zone: string): number => {
  if (zone === 'Z') return 0
  const digits = zone.replace(/\D/g, '')
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2))
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000
}

// the ledger takes no time before this one: an order of then is a mistake
const earliest = Date.UTC(1990, 0, 1)
const instant = (parts: readonly number[], zoneMs: number): Date | undefined => {
  const [year = 0, month = 0, dayOfMonth = 0, hour = 0, minute = 0, second = 0] = parts
  if (year < 1990 || year > 2099) return undefined
  const ms = Date.UTC(year, month - 1, dayOfMonth, hour, minute, second)
  const told = new Date(ms)
  // 31 June rolls over to July: such a date is a fault, not another date
  const agrees = told.getUTCMonth() === month - 1 && told.getUTCDate() === dayOfMonth &&
    told.getUTCHours() === hour && told.getUTCMinutes() === minute
  const at = ms - zoneMs
  return agrees && second < 60 && at >= earliest ? new Date(at) : undefined
}
