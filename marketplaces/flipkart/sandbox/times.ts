/** How Flipkart writes times and money, and India's days. */

export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs
const istMs = 5.5 * hourMs

/** `2026-08-01T10:15:00.000+05:30`. */
export const timeText = (ms: number): string =>
  new Date(ms + istMs).toISOString().replace('Z', '+05:30')
export const timeOrNull = (ms: number | undefined): string | null =>
  ms === undefined ? null : timeText(ms)

/** The business day in India, `2026-08-14`. */
export const dayOf = (ms: number): string => new Date(ms + istMs).toISOString().slice(0, 10)
/** An instant of that day in India, or of one some days later. */
export const timeOfDay = (ms: number, hours: number, daysLater = 0): number =>
  Math.floor((ms + istMs) / dayMs) * dayMs - istMs + daysLater * dayMs + hours * hourMs
/** From 0, Sunday. */
export const weekdayOf = (ms: number): number => new Date(ms + istMs).getUTCDay()

/** `-1234.50`. */
export const rupees = (paise: number): string => {
  const whole = Math.abs(paise)
  const digits = String(whole % 100).padStart(2, '0')
  return `${paise < 0 ? '-' : ''}${Math.floor(whole / 100)}.${digits}`
}
