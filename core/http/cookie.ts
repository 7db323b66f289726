/** The session's cookie. The token travels in it, never in a body or an address. */
import { tokenSeconds } from '../auth/tokens.ts'

/** The prefix makes browsers refuse it without Secure, with a Domain, or from a subdomain. */
export const cookieName = '__Host-robnu'

const attributes = 'Path=/; Secure; HttpOnly; SameSite=Lax'

export const sessionCookie = (token: string): string =>
  `${cookieName}=${token}; Max-Age=${tokenSeconds}; ${attributes}`
export const clearedCookie = `${cookieName}=; Max-Age=0; ${attributes}`

/** The value of our cookie in a Cookie header; the first one, when it stands there twice. */
export const readCookie = (header: string | null): string | undefined => {
  if (header === null || !header.includes(cookieName)) return undefined
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=')
    if (pair.slice(0, at).trim() === cookieName) return pair.slice(at + 1).trim()
  }
  return undefined
}
