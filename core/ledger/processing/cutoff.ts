/** Business days in India, financial years, and what the courier's cut-off makes of an hour. */

const istMs = 5.5 * 3_600_000
const dayMs = 86_400_000
const defaultCutoff = '17:30'
/** How long before the cut-off a delayed manifest is closed. */
const marginMs = 15 * 60_000

/** `2026-11-22`, in Asia/Kolkata, which knows no summer time. */
export const dayInIndia = (at: Date): string =>
  new Date(at.getTime() + istMs).toISOString().slice(0, 10)

/** `26-27` for what happens from 1 April 2026 to 31 March 2027. */
export const financialYear = (day: string): string => {
  const [year = 0, month = 0] = day.split('-').map(Number)
  const first = month >= 4 ? year : year - 1
  return `${two(first)}-${two(first + 1)}`
}
const two = (year: number): string => String(year % 100).padStart(2, '0')

/** `HH:MM`, with or without seconds, of an account's details; the default where there is none. */
export const cutoffOf = (details: unknown): string => {
  const told = details instanceof Object && 'manifest_cutoff' in details
    ? details.manifest_cutoff
    : undefined
  const found = /^([01]\d|2[0-3]):[0-5]\d/.exec(typeof told === 'string' ? told : '')
  return found?.[0] ?? defaultCutoff
}

const cutoffOn = (day: string, cutoff: string): Date =>
  new Date(Date.parse(`${day}T${cutoff}:00.000Z`) - istMs)

/** The day that a hand-over at this hour counts as: after the cut-off, the next one. */
export const dispatchDay = (at: Date, cutoff: string): string => {
  const day = dayInIndia(at)
  return at > cutoffOn(day, cutoff) ? dayInIndia(new Date(at.getTime() + dayMs)) : day
}

/** When a delayed manifest is to be closed: shortly before the next cut-off that is still to be met. */
export const closeAt = (now: Date, cutoff: string): Date => {
  const today = new Date(cutoffOn(dayInIndia(now), cutoff).getTime() - marginMs)
  return today > now ? today : new Date(today.getTime() + dayMs)
}
