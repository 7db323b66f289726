/** What a request brings along to say who asks. */
import { keyMarker } from '../auth/api-key-form.ts'
import { readCookie, refreshCookieName, staffCookieName } from './cookie.ts'

export interface Credential {
  /** A person's token. Undefined when there is none, or none of a form that we take. */
  readonly token: string | undefined
  /** The secret of an API key. */
  readonly key: string | undefined
  /** The token of staff. */
  readonly staff: string | undefined
  /** The impersonation session that staff want to act in. */
  readonly impersonation: string | undefined
  /** True when the person's token came in the cookie, so that a fresh one can go back. */
  readonly fromCookie: boolean
  /** Some cookie of ours came along, which browsers send by themselves. */
  readonly hasCookie: boolean
}

/** With staff's token: `X-Robnu-Impersonation: <id of a live session>`. */
const impersonationHeader = 'x-robnu-impersonation'

/** An Authorization header decides alone: what is no bearer token is no credential. */
export const credentialOf = (headers: Headers): Credential => {
  const cookies = headers.get('cookie')
  const cookie = readCookie(cookies)
  const staffCookie = readCookie(cookies, staffCookieName)
  const hasCookie = cookie !== undefined || staffCookie !== undefined ||
    readCookie(cookies, refreshCookieName) !== undefined
  const impersonation = headers.get(impersonationHeader) ?? undefined
  const authorization = headers.get('authorization')
  if (authorization === null) {
    const fromCookie = cookie !== undefined
    return {
      token: cookie,
      key: undefined,
      staff: staffCookie,
      impersonation,
      fromCookie,
      hasCookie,
    }
  }
  const bearer = /^Bearer +([\w.-]+)$/i.exec(authorization)?.[1]
  const isKey = bearer?.startsWith(keyMarker) === true
  return {
    token: isKey ? undefined : bearer,
    key: isKey ? bearer : undefined,
    // one header for both: the type of the token tells them apart
    staff: isKey ? undefined : bearer,
    impersonation,
    fromCookie: false,
    hasCookie,
  }
}
