/**
 * Every route by every kind of actor: five roles of an active and of a suspended seller, API keys
 * with each scope, staff outside and inside of a seller, nobody, and another seller's people.
 */
import { describe, expect, it } from 'vitest'
import { cookieName } from '../../core/http/cookie.ts'
import type { Route } from '../../core/http/route.ts'
import { newId } from '../../core/ids.ts'
import type { Role } from '../../core/plugin.ts'
import {
  addImpersonator,
  addKey,
  addStaff,
  addUser,
  bearer,
  cookie,
  nameOf,
  openGuarded,
  permissions,
  start,
} from './guarded.ts'
import { publicRoutes, type RouteRule, sellerRoutes, staffRoutes } from './route-table.ts'

const letters: Readonly<Record<string, Role>> = {
  O: 'OWNER',
  A: 'ADMIN',
  P: 'OPERATOR',
  F: 'FINANCE',
  V: 'VIEWER',
}
const writes = (name: string): boolean => !name.startsWith('GET ')
const rolesOf = ({ roles }: RouteRule) => [...roles].map((letter) => letters[letter])

describe('the matrix', () => {
  const world = openGuarded()
  const routes = new Map(world.app.routes.map((one) => [nameOf(one), one]))
  const routeOf = (name: string): Route => routes.get(name) as Route
  const sellers = Object.entries(sellerRoutes)
  const staffed = Object.entries(staffRoutes)

  /** Asks, and looks that whoever is refused reached no service, and whoever passes only their own. */
  const cell = async (
    name: string,
    headers: Record<string, string>,
    expected: string,
    actor: string,
    sellerId?: string,
  ): Promise<void> => {
    world.reached.length = 0
    expect(await world.ask(routeOf(name), headers), `${name} by ${actor}`).toBe(expected)
    if (expected !== 'passes') expect(world.reached, `${name} by ${actor}`).toEqual([])
    if (sellerId === undefined) return
    for (const entry of world.reached) {
      if ('kind' in Object(entry) && 'ref' in Object(entry)) expect(entry.sellerId).toBe(sellerId)
    }
  }

  it('knows every route that is served, and no other', () => {
    const known = [...publicRoutes, ...Object.keys(staffRoutes), ...Object.keys(sellerRoutes)]
    const served = [...routes].filter(([, { tag }]) => tag !== 'bazaar').map(([name]) => name)
    expect(served.toSorted()).toEqual(known.toSorted())
    expect(served.length).toBeGreaterThan(15)
  })

  it('says of every route what its declaration says', () => {
    for (const name of publicRoutes) expect(routeOf(name).permission, name).toBe('public')
    for (const [name, stepUp] of staffed) {
      expect(routeOf(name).permission, name).toMatch(/^staff:/)
      expect(routeOf(name).stepUp === true, name).toBe(stepUp)
    }
    for (const [name, { permission }] of sellers) {
      expect(routeOf(name).permission, name).toBe(permission)
    }
  })

  it('lets nobody in who brings nothing, or what is no credential', async () => {
    for (const name of [...Object.keys(sellerRoutes), ...Object.keys(staffRoutes)]) {
      await cell(name, {}, 'not-signed-in', 'nobody')
      for (
        const headers of [bearer('rk_unknown'), bearer('unknown'), { authorization: 'Basic x' }]
      ) {
        await cell(name, headers, 'not-signed-in', JSON.stringify(headers))
      }
      const lost = { 'x-robnu-impersonation': newId() }
      await cell(name, lost, 'not-signed-in', 'a header alone')
    }
  })

  it('holds for the five roles, of active and of suspended sellers', async () => {
    for (const role of Object.values(letters)) {
      for (const sellerStatus of ['ACTIVE', 'SUSPENDED'] as const) {
        const { principal, headers } = addUser(world, role, { sellerStatus })
        for (const [name, rule] of sellers) {
          const isStopped = sellerStatus === 'SUSPENDED' && writes(name) && !rule.evenSuspended
          const expected = !rolesOf(rule).includes(role)
            ? 'forbidden'
            : isStopped
            ? 'seller-suspended'
            : 'passes'
          await cell(
            name,
            headers,
            expected,
            `${role} of an ${sellerStatus} seller`,
            principal.sellerId,
          )
        }
        for (const [name] of staffed) await cell(name, headers, 'not-signed-in', `a ${role}`)
      }
    }
  })

  it('asks for a fresh proof of identity where a route says so', async () => {
    for (const minutes of [10, 60]) {
      const { principal, headers } = addUser(world, 'OWNER', { fresh: false })
      world.steppedUp.set(principal.sessionId, new Date(start - minutes * 60_000))
      for (const [name, rule] of sellers) {
        if (!rule.roles.includes('O')) continue
        await cell(name, headers, rule.stepUp ? 'step-up-required' : 'passes', 'a stale OWNER')
      }
      const { headers: stale } = addStaff(world, new Date(start - minutes * 60_000))
      for (const [name, stepUp] of staffed) {
        await cell(name, stale, stepUp ? 'step-up-required' : 'passes', 'stale staff')
      }
    }
  })

  it('holds for API keys with each scope', async () => {
    for (const scope of permissions.keys()) {
      const { principal, headers } = addKey(world, [scope])
      for (const [name, rule] of sellers) {
        const expected = !rule.keys
          ? 'not-for-keys'
          : rule.permission === scope
          ? 'passes'
          : 'out-of-scope'
        await cell(name, headers, expected, `a key for ${scope}`, principal.sellerId)
      }
    }
    const all = [...permissions.keys()]
    const { headers } = addKey(world, all, 'SUSPENDED')
    for (const [name, rule] of sellers) {
      const expected = !rule.keys ? 'not-for-keys' : writes(name) ? 'seller-suspended' : 'passes'
      await cell(name, headers, expected, 'a key of a suspended seller')
    }
    for (const [name] of staffed) await cell(name, headers, 'not-signed-in', 'a key')
    const { headers: bare } = addKey(world, [])
    for (const [name, { keys }] of sellers) {
      await cell(name, bare, keys ? 'out-of-scope' : 'not-for-keys', 'a key without scopes')
    }
  })

  it('keeps staff out of sellers, and lets them into what is theirs', async () => {
    const { headers, token } = addStaff(world)
    for (const [name] of sellers) {
      await cell(name, headers, 'not-signed-in', 'staff')
      await cell(name, bearer(token), 'not-signed-in', 'staff')
      // a token of staff in the cookie of people
      await cell(name, cookie(cookieName, token), 'not-signed-in', 'staff')
      const gone = { ...headers, 'x-robnu-impersonation': newId() }
      await cell(name, gone, 'impersonation-over', 'staff without a live session')
    }
    for (const [name] of staffed) {
      world.recorded.length = 0
      await cell(name, headers, 'passes', 'staff')
      await cell(name, bearer(token), 'passes', 'staff')
      // what they change is recorded by the change itself
      expect(world.recorded.length, name).toBe(writes(name) ? 0 : 2)
    }
  })

  it('holds for staff inside of a seller', async () => {
    for (const mode of ['READ_ONLY', 'READ_WRITE'] as const) {
      for (const sellerStatus of ['ACTIVE', 'SUSPENDED'] as const) {
        const { principal, headers } = addImpersonator(world, mode, sellerStatus)
        for (const [name, rule] of sellers) {
          world.recorded.length = 0
          const expected = !rule.staff
            ? 'not-for-staff'
            : !writes(name)
            ? 'passes'
            : mode === 'READ_ONLY'
            ? 'read-only-session'
            : sellerStatus === 'SUSPENDED'
            ? 'seller-suspended'
            : 'passes'
          await cell(name, headers, expected, `staff, ${mode}, ${sellerStatus}`, principal.sellerId)
          // what they do is written down, once, and before the service is asked
          const { method, path } = routeOf(name)
          expect(world.recorded, name).toEqual(expected === 'passes' ? [`${method} ${path}`] : [])
        }
      }
    }
  })

  it('has something to say in every cell', () => {
    for (const [name, rule] of sellers) {
      expect(rule.roles, name).toMatch(/^O?A?P?F?V?$/)
      expect(rule.roles.length, name).toBeGreaterThan(0)
      if (rule.stepUp) expect(rule.keys || rule.staff, name).toBe(false)
    }
  })
})
