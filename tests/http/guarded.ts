/** The routes as they are served, behind doors that know a few names, in front of services that only note who came. */
import type { Principal, StaffPrincipal, UserPrincipal } from '../../core/auth/principal.ts'
import type { Entry } from '../../core/db/database.ts'
import { createApp } from '../../core/http/app.ts'
import { cookieName, staffCookieName } from '../../core/http/cookie.ts'
import type { Route } from '../../core/http/route.ts'
import type { Services } from '../../core/http/services.ts'
import { newId } from '../../core/ids.ts'
import { silentLog } from '../../core/log.ts'
import type { Role } from '../../core/plugin.ts'
import { createPermissions } from '../../core/rbac/permissions.ts'

export const start = Date.parse('2026-02-01T00:00:00Z')
export const permissions = createPermissions()
/** Whatever the guard may say; every other answer comes from behind it. */
const refusals = new Set([
  'not-signed-in',
  'session-over',
  'forbidden',
  'out-of-scope',
  'not-for-keys',
  'not-for-staff',
  'read-only-session',
  'seller-suspended',
  'step-up-required',
  'impersonation-over',
])

/** An application whose doors know a few names, and whose services only write down who came. */
export const openGuarded = () => {
  const users = new Map<string, UserPrincipal>()
  const keys = new Map<string, Extract<Principal, { kind: 'key' }>>()
  const staff = new Map<string, StaffPrincipal>()
  const impersonations = new Map<string, Extract<Principal, { kind: 'impersonator' }>>()
  const steppedUp = new Map<string, Date>()
  const reached: Entry[] = []
  const recorded: string[] = []

  /** Any method of any service: it remembers the entry that it was given, and goes no further. */
  const recorder = (own: object = {}): never =>
    new Proxy(own, {
      get: (target, name) =>
        Reflect.get(target, name) ?? ((entry: Entry) => {
          reached.push(entry)
          return Promise.reject(new Error('reached'))
        }),
    }) as never
  const doors: Partial<Record<keyof Services, object>> = {
    auth: {
      verify: (token: string) => {
        const principal = users.get(token)
        return Promise.resolve(
          principal && { principal, issuedAtMs: start, expiresAtMs: start + 900_000 },
        )
      },
      reload: (principal: UserPrincipal) => Promise.resolve(principal),
      steppedUpAt: ({ sessionId }: UserPrincipal) =>
        Promise.resolve(steppedUp.get(sessionId) ?? null),
    },
    keys: { verify: (secret: string) => Promise.resolve(keys.get(secret)) },
    overrides: { of: () => Promise.resolve([]) },
    limits: { take: () => Promise.resolve([]) },
    idempotency: { find: () => Promise.resolve(null), fingerprint: () => new Uint8Array(32) },
    staff: {
      verify: (token: string) => Promise.resolve(staff.get(token)),
      enter: (_staff: StaffPrincipal, id: string) =>
        Promise.resolve(impersonations.get(id) ?? null),
      record: (_who: unknown, { method, route }: { method: string; route: string }) => {
        recorded.push(`${method} ${route}`)
        return Promise.resolve()
      },
    },
  }
  const services = new Proxy({}, {
    get: (_target, name) => recorder(doors[name as keyof Services]),
  }) as Services
  const app = createApp({
    services,
    permissions,
    checks: {},
    cursorKey: new Uint8Array(32).fill(7),
    log: silentLog,
    now: () => new Date(start),
    version: '0.0.0',
  })
  const ask = async (one: Route, headers: Record<string, string>): Promise<string> => {
    const response = await app.fetch(
      new Request(`http://robnu.test${addressOf(one)}`, {
        method: one.method.toUpperCase(),
        headers: {
          ...headers,
          'idempotency-key': newId(),
          ...(one.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(one.upload === undefined ? {} : { 'content-type': 'application/octet-stream' }),
        },
        ...(one.body === undefined ? {} : { body: JSON.stringify(one.examples?.body ?? {}) }),
      }),
      { ip: '192.0.2.1' },
    )
    if (response.status < 400) return 'passes'
    const { code } = await response.json() as { code: string }
    return refusals.has(code) ? code : 'passes'
  }
  return { app, users, keys, staff, impersonations, steppedUp, reached, recorded, ask }
}
type Guarded = ReturnType<typeof openGuarded>

/** What a route asks for in its query. */
const queries: Readonly<Record<string, string>> = {
  'GET /v1/permissions/explain': '?permission=orders%3Aread',
  'GET /v1/search': '?q=S-1001',
  'POST /v1/imports': '?account=01998f6e-3c1a-7b52-9e7d-4a5b6c7d8e9f',
}
const addressOf = (one: Route): string =>
  one.path.replaceAll(/\{\w+\}/g, () => newId()) + (queries[nameOf(one)] ?? '')
export const nameOf = ({ method, path }: Route): string => `${method.toUpperCase()} ${path}`
export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
export const cookie = (name: string, token: string) => ({ cookie: `${name}=${token}` })

export const addUser = (
  world: Guarded,
  role: Role,
  { sellerStatus = 'ACTIVE', fresh = true }: {
    sellerStatus?: 'ACTIVE' | 'SUSPENDED'
    fresh?: boolean
  } = {},
) => {
  const principal: UserPrincipal = {
    kind: 'user',
    sellerId: newId(),
    userId: newId(),
    sessionId: newId(),
    role,
    sellerStatus,
    authzVersion: '1.1',
    hasOverrides: false,
  }
  const token = `user-${principal.userId}`
  world.users.set(token, principal)
  if (fresh) world.steppedUp.set(principal.sessionId, new Date(start - 60_000))
  return { principal, headers: cookie(cookieName, token) }
}
export const addKey = (world: Guarded, scopes: readonly string[], sellerStatus = 'ACTIVE') => {
  const principal = {
    kind: 'key' as const,
    sellerId: newId(),
    keyId: newId(),
    scopes,
    authzVersion: '1.1',
    sellerStatus: sellerStatus as 'ACTIVE' | 'SUSPENDED',
  }
  const secret = `rk_${principal.keyId}`
  world.keys.set(secret, principal)
  return { principal, headers: bearer(secret) }
}
export const addStaff = (world: Guarded, steppedUpAt = new Date(start - 60_000)) => {
  const token = `staff-${newId()}`
  const principal = {
    kind: 'staff' as const,
    superAdminId: newId(),
    staffSessionId: newId(),
    steppedUpAt,
  }
  world.staff.set(token, principal)
  return { principal, token, headers: cookie(staffCookieName, token) }
}
export const addImpersonator = (
  world: Guarded,
  mode: 'READ_ONLY' | 'READ_WRITE',
  sellerStatus: 'ACTIVE' | 'SUSPENDED' = 'ACTIVE',
) => {
  const { token, principal: { superAdminId } } = addStaff(world)
  const principal = {
    kind: 'impersonator' as const,
    sellerId: newId(),
    superAdminId,
    impersonationId: newId(),
    mode,
    expiresAt: new Date(start + 600_000),
    authzVersion: '1.1',
    sellerStatus,
  }
  world.impersonations.set(principal.impersonationId, principal)
  const headers = {
    ...cookie(staffCookieName, token),
    'x-robnu-impersonation': principal.impersonationId,
  }
  return { principal, headers }
}
