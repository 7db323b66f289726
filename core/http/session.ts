/** The session behind a request: verified, judged by the guard, reloaded when it has changed. */
import type { Auth } from '../auth/auth.ts'
import type { Principal } from '../auth/principal.ts'
import { tokenSeconds, type VerifiedToken } from '../auth/tokens.ts'
import { fault, hasCode } from '../errors.ts'
import { requirePermission } from '../rbac/guard.ts'
import type { PermissionTable } from '../rbac/permissions.ts'
import { readCookie, sessionCookie } from './cookie.ts'
import type { Exchange } from './exchange.ts'
import type { Route } from './route.ts'

export interface Credential {
  /** Undefined when there is none, or none of a form that we take. */
  readonly token: string | undefined
  /** True when the token came in the cookie, so that a fresh one can go back. */
  readonly fromCookie: boolean
  readonly hasCookie: boolean
}
export interface Session {
  /** Runs the work as the principal, and once more when role or seller turn out to have changed. */
  readonly run: <T>(work: (principal: Principal) => Promise<T>) => Promise<T>
  /** Sends a fresh cookie when the token is past half of its life. Never throws. */
  readonly renew: () => Promise<void>
}

/** An Authorization header decides alone: what is no bearer token is no credential. */
export const credentialOf = (headers: Headers): Credential => {
  const cookie = readCookie(headers.get('cookie'))
  const hasCookie = cookie !== undefined
  const authorization = headers.get('authorization')
  if (authorization === null) return { token: cookie, fromCookie: hasCookie, hasCookie }
  const token = /^Bearer +([\w.-]+)$/i.exec(authorization)?.[1]
  return { token, fromCookie: false, hasCookie }
}

const renewAfterMs = tokenSeconds * 1000 / 2

/**
 * The token is believed until the handler opens its scope, where the gate of the database confirms
 * it or raises. Throws `not-signed-in`, `forbidden`, `seller-suspended`, `session-over`.
 */
export const openSession = async (
  { auth, permissions, now }: {
    readonly auth: Auth
    readonly permissions: PermissionTable
    readonly now: () => Date
  },
  exchange: Exchange,
  credential: Credential,
  route: Route,
): Promise<Session> => {
  const verified = await verify(auth, credential)
  if (verified === undefined) throw fault('not-signed-in')
  let principal = verified.principal
  exchange.sellerId = principal.sellerId

  const guard = (): void =>
    requirePermission(permissions, principal, route.permission, { writes: route.method !== 'get' })

  const sendCookie = async (): Promise<void> => {
    if (credential.fromCookie) exchange.cookie = sessionCookie(await auth.issue(principal))
  }
  /** True when the session may do other things than the token says. */
  const reload = async (): Promise<boolean> => {
    const fresh = await auth.reload(principal)
    if (fresh === null) throw fault('session-over')
    const hasChanged = fresh.authzVersion !== principal.authzVersion
    principal = fresh
    if (hasChanged) await sendCookie()
    return hasChanged
  }

  if (route.confirmsFirst === true) await reload()
  try {
    guard()
  } catch (refusal) {
    // the token may be older than a promotion: a no is only final when the database says it
    if (route.confirmsFirst === true || !await reload()) throw refusal
    guard()
  }
  return {
    run: async (work) => {
      try {
        return await work(principal)
      } catch (error) {
        if (!hasCode(error, 'stale-authz')) throw error
      }
      await reload()
      guard()
      try {
        return await work(principal)
      } catch (error) {
        // changed again within a moment: whoever it is has to come back with a new session
        throw hasCode(error, 'stale-authz') ? fault('session-over', { cause: error }) : error
      }
    },
    renew: async () => {
      if (!credential.fromCookie || exchange.cookie !== undefined) return
      if (now().getTime() < verified.issuedAtMs + renewAfterMs) return
      // the answer is there already; whatever goes wrong here, the next request shows it
      await reload().then(sendCookie).catch(() => {})
    },
  }
}

/** Who asks on a public route, if anyone does. */
export const whoAsks = async (auth: Auth, credential: Credential): Promise<Principal | null> =>
  (await verify(auth, credential))?.principal ?? null

const verify = async (auth: Auth, { token }: Credential): Promise<VerifiedToken | undefined> =>
  token === undefined ? undefined : await auth.verify(token)
