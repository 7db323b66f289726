/** The session's cookies. Tokens travel in them, never in a body or an address. */
import { deviceSeconds } from '../auth/devices.ts'
import { staffSeconds } from '../auth/staff-sign-in.ts'
import { tokenSeconds } from '../auth/tokens.ts'

/** The prefix makes browsers refuse it without Secure, with a Domain, or from a subdomain. */
export const cookieName = '__Host-robnu'

/** The cookie of staff. */
export const staffCookieName = '__Host-robnu-staff'
/** What a session is refreshed with, by POST /v1/auth/refresh alone. */
export const refreshCookieName = '__Host-robnu-refresh'
/** Says that the device has signed in before; it opens nothing. */
export const deviceCookieName = '__Host-robnu-device'

const attributes = 'Path=/; Secure; HttpOnly; SameSite=Lax'
const staffAttributes = 'Path=/; Secure; HttpOnly; SameSite=Strict'

export const sessionCookie = (token: string): string =>
  `${cookieName}=${token}; Max-Age=${tokenSeconds}; ${attributes}`
export const clearedCookie = `${cookieName}=; Max-Age=0; ${attributes}`
export const refreshCookie = (token: string, seconds: number): string =>
  `${refreshCookieName}=${token}; Max-Age=${seconds}; ${attributes}`
export const clearedRefreshCookie = `${refreshCookieName}=; Max-Age=0; ${attributes}`
/** Staff come from no link of another site, so that the strictest rule costs them nothing. */
export const staffCookie = (token: string): string =>
  `${staffCookieName}=${token}; Max-Age=${staffSeconds}; ${staffAttributes}`
export const clearedStaffCookie = `${staffCookieName}=; Max-Age=0; ${staffAttributes}`
export const deviceCookie = (token: string): string =>
  `${deviceCookieName}=${token}; Max-Age=${deviceSeconds}; ${attributes}`

/** The value of a cookie in a Cookie header; the first one, when it stands there twice. */
export const readCookie = (header: string | null, name = cookieName): string | undefined => {
  if (header === null || !header.includes(name)) return undefined
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=')
    if (pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim()
  }
  return undefined
}
