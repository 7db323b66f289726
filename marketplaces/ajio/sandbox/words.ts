/** How AJIO writes times, blanks and money: in several ways, chosen by a key, the same every time. */
import { hashOf } from 'robnu/testing'

export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs
const istMs = 5.5 * hourMs

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const two = (number: number): string => String(number).padStart(2, '0')

/** `Fri Aug 14 16:43:42 IST 2026` or `2026-08-14T16:43:42+05:30`. */
export const timeText = (ms: number, key: string): string =>
  hashOf(0, `time/${key}`) % 2 === 0 ? javaText(ms) : isoText(ms)

const isoText = (ms: number): string => `${new Date(ms + istMs).toISOString().slice(0, 19)}+05:30`

const javaText = (ms: number): string => {
  const at = new Date(ms + istMs)
  const time = [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()].map(two).join(':')
  const day = `${days[at.getUTCDay()]} ${months[at.getUTCMonth()]} ${two(at.getUTCDate())}`
  return `${day} ${time} IST ${at.getUTCFullYear()}`
}

/** null, "" or "nan". */
export const blank = (key: string): string | null => {
  const choice = hashOf(0, `blank/${key}`) % 4
  return choice === 0 ? null : choice === 1 ? '' : 'nan'
}
export const timeOrBlank = (ms: number | undefined, key: string): string | null =>
  ms === undefined ? blank(key) : timeText(ms, key)

/** Rupees with two digits; as a number only where a number can be written with no other digits. */
export const moneyText = (paise: number, key: string): string | number => {
  const exact = paise % 10 !== 0 || paise % 100 === 0
  return exact && hashOf(0, `money/${key}`) % 2 === 0 ? paise / 100 : rupees(paise)
}
export const rupees = (paise: number): string => {
  const whole = Math.abs(paise)
  const sign = paise < 0 ? '-' : ''
  return `${sign}${Math.floor(whole / 100)}.${two(whole % 100)}`
}

/** The business day in India, `2026-08-14`. */
export const dayOf = (ms: number): string => new Date(ms + istMs).toISOString().slice(0, 10)
/** An instant of that day in India, or of one some days later. */
export const timeOfDay = (ms: number, hours: number, daysLater = 0): number =>
  Math.floor((ms + istMs) / dayMs) * dayMs - istMs + daysLater * dayMs + hours * hourMs
