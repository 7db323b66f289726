/** Flipkart's times, `2026-08-01T10:15:00.000+05:30`, and India's business days. */

const form = /^(?:19[89]\d|20\d\d)-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)$/
// the whole of India lives by one offset
const istMs = 330 * 60_000
// the ledger takes no time before this one: an order of then is a mistake
const earliest = Date.UTC(1990, 0, 1)

/** Undefined for what is no time, has no zone, or lies outside of 1990 to 2099. */
export const flipkartTime = (text: string): Date | undefined => {
  if (!form.test(text)) return undefined
  const at = new Date(text.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'))
  if (Number.isNaN(at.getTime()) || at.getTime() < earliest) return undefined
  // 31 June rolls over to July: such a date is a fault, not another date
  const day = Date.parse(`${text.slice(0, 10)}T00:00:00Z`)
  return new Date(day).toISOString().startsWith(text.slice(0, 10)) ? at : undefined
}

/** As Flipkart writes it. */
export const inIndia = (at: Date): string =>
  new Date(at.getTime() + istMs).toISOString().replace('Z', '+05:30')

export const dayInIndia = (at: Date): string =>
  new Date(at.getTime() + istMs).toISOString().slice(0, 10)

/** Midnight in India at the beginning of a business day. */
export const startOfDay = (businessDay: string): Date =>
  new Date(Date.parse(`${businessDay}T00:00:00Z`) - istMs)
