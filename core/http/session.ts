/** The session behind a request: found, judged by the guard, reloaded when it has changed. */
import type { Auth } from '../auth/auth.ts'
import type { Limits } from '../auth/limits/limits.ts'
import type { Principal, UserPrincipal } from '../auth/principal.ts'
import { fault, hasCode } from '../errors.ts'
import { type AccountLimit, decide, within } from '../rbac/decide.ts'
import { type Judged, requirePermission } from '../rbac/guard.ts'
import type { PermissionTable } from '../rbac/permissions.ts'
import { type Actor, type Doors, findActor, judgedOf } from './actor.ts'
import { sessionCookie } from './cookie.ts'
import type { Credential } from './credential.ts'
import type { Exchange } from './exchange.ts'
import { countRequest, senderOf } from './limits.ts'
import type { Route } from './route.ts'

/** Whoever the guard has let through, and how far. */
export interface Admitted {
  readonly principal: Principal
  readonly accounts: AccountLimit | null
  readonly may: (permission: string, accountId?: string) => boolean
  readonly reach: (permission: string) => AccountLimit | null
}
export interface Session {
  /** Runs the work as the principal, and once more when role or seller turn out to have changed. */
  readonly run: <T>(work: (admitted: Admitted) => Promise<T>) => Promise<T>
}
export interface SessionDeps extends Doors {
  readonly permissions: PermissionTable
  readonly limits: Limits
  readonly now: () => Date
}

/** For how long a proof of identity is fresh. */
export const stepUpMs = 10 * 60_000

/**
 * The credential is believed until the handler opens its scope, where the gate of the database
 * confirms it or raises. Throws what `findActor` and the guard throw, `quota-exceeded`,
 * `step-up-required`, `session-over`.
 */
export const openSession = async (
  deps: SessionDeps,
  exchange: Exchange,
  credential: Credential,
  route: Route,
): Promise<Session> => {
  const { auth, permissions, now } = deps
  let actor = await findActor(deps, credential, exchange.peer.ip)
  exchange.sellerId = actor.principal.sellerId
  showImpersonation(exchange, actor)
  await countRequest(deps.limits, exchange, senderOf(actor.principal))

  const admit = async (): Promise<Admitted> => {
    const { principal } = actor
    const judged = await judgedOf(deps, principal)
    const accounts = requirePermission(permissions, judged, askOf(route), now())
    if (route.stepUp === true) await requireStepUp(auth, principal, now())
    const asked = [permissions, judged, now] as const
    return { principal, accounts, may: mayOf(...asked), reach: reachOf(...asked) }
  }
  /** True when the actor may do other things than was believed. */
  const reload = async (): Promise<boolean> => {
    const before: Actor = actor
    actor = await actor.reload()
    showImpersonation(exchange, actor)
    const hasChanged = actor.principal.authzVersion !== before.principal.authzVersion
    const { principal } = actor
    if (hasChanged && credential.fromCookie && principal.kind === 'user') {
      exchange.cookie = sessionCookie(await auth.issue(principal))
    }
    return hasChanged
  }

  if (route.confirmsFirst === true) await reload()
  let admitted: Admitted
  try {
    admitted = await admit()
  } catch (refusal) {
    // the token may be older than a promotion: a no is only final when the database says it
    if (route.confirmsFirst === true || !await reload()) throw refusal
    admitted = await admit()
  }
  return {
    run: async (work) => {
      try {
        return await work(admitted)
      } catch (error) {
        if (!isOutdated(actor, error)) throw error
      }
      await reload()
      admitted = await admit()
      try {
        return await work(admitted)
      } catch (error) {
        // changed again within a moment: whoever it is has to come back with a new session
        if (!isOutdated(actor, error)) throw error
        const isKey = actor.principal.kind === 'key'
        throw fault(isKey ? 'not-signed-in' : 'session-over', { cause: error })
      }
    },
  }
}

/** A key has no session: one that is over is no credential, which its reload says. */
const isOutdated = ({ principal }: Actor, error: unknown): boolean =>
  hasCode(error, 'stale-authz') || principal.kind === 'key' && hasCode(error, 'session-over')

/** Every answer to staff inside a seller says so, a refusal as well. */
const showImpersonation = (exchange: Exchange, { principal }: Actor): void => {
  if (principal.kind === 'impersonator') exchange.impersonation = principal
}

const askOf = (route: Route) => ({
  permission: route.permission,
  writes: route.method !== 'get',
  limitsAccounts: route.limitsAccounts === true,
  evenSuspended: route.evenSuspended === true,
})

/** Throws `step-up-required` unless the person has proved who they are a moment ago. */
export const requireStepUp = async (
  auth: Pick<Auth, 'steppedUpAt'>,
  principal: Principal,
  now: Date,
): Promise<void> => {
  const at = await auth.steppedUpAt(personOf(principal))
  if (at === null || at.getTime() + stepUpMs <= now.getTime()) throw fault('step-up-required')
}

/** Throws `not-for-keys`, `not-for-staff`. */
export const personOf = (principal: Principal): UserPrincipal => {
  if (principal.kind === 'user') return principal
  throw fault(principal.kind === 'key' ? 'not-for-keys' : 'not-for-staff')
}

const mayOf =
  (permissions: PermissionTable, judged: Judged, now: () => Date): Admitted['may'] =>
  (permission, accountId) => {
    const decision = decide(permissions, judged.subject, permission, now())
    if (!decision.allowed) return false
    return accountId === undefined ? decision.limit === null : within(decision.limit, accountId)
  }

const reachOf =
  (permissions: PermissionTable, judged: Judged, now: () => Date): Admitted['reach'] =>
  (permission) => {
    const decision = decide(permissions, judged.subject, permission, now())
    return decision.allowed ? decision.limit : { only: [], except: [] }
  }

/** Which person asks on a public route, if anyone does. */
export const whoAsks = async (auth: Auth, { token }: Credential): Promise<UserPrincipal | null> =>
  token === undefined ? null : (await auth.verify(token))?.principal ?? null
