/** How Meesho writes times and money, and what a day is in India. */

export const secondMs = 1000
export const minuteMs = 60 * secondMs
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs
const istMs = 5.5 * hourMs

/** `2026-08-14T10:00:00+05:30`. */
export const timeText = (ms: number): string =>
  `${new Date(ms + istMs).toISOString().slice(0, 19)}+05:30`

export const rupees = (paise: number): string => {
  const whole = Math.abs(paise)
  return `${paise < 0 ? '-' : ''}${Math.floor(whole / 100)}.${String(whole % 100).padStart(2, '0')}`
}

/** The business day in India, `2026-08-14`. */
export const dayOf = (ms: number): string => new Date(ms + istMs).toISOString().slice(0, 10)
/** An instant of that day in India, or of one some days later. */
export const timeOfDay = (ms: number, hours: number, daysLater = 0): number =>
  Math.floor((ms + istMs) / dayMs) * dayMs - istMs + daysLater * dayMs + hours * hourMs
/** Midnight in India. */
export const startOf = (day: string): number => Date.parse(`${day}T00:00:00+05:30`)
export const laterDay = (day: string, days: number): string => dayOf(startOf(day) + days * dayMs)
