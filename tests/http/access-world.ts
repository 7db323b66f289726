/** The API over a real database and a real marketplace's orders: keys, overrides and buyers in clear. */
import { createOpenings } from '../../core/audit/openings.ts'
import { accessServices, overrideDeskOf } from '../../core/boot/access.ts'
import { memoryStore } from '../../core/auth/limits/store.ts'
import type { Auth } from '../../core/auth/auth.ts'
import { keyedDigest } from '../../core/crypto/digest.ts'
import { findMade } from '../../core/db/once.ts'
import { command } from '../../core/db/sql.ts'
import { type App, createApp } from '../../core/http/app.ts'
import { cookieName } from '../../core/http/cookie.ts'
import type { Services } from '../../core/http/services.ts'
import { newId } from '../../core/ids.ts'
import { createAccounts } from '../../core/ledger/accounts.ts'
import { createOrders } from '../../core/ledger/read-orders.ts'
import { createRuns } from '../../core/ledger/runs.ts'
import { createLog } from '../../core/log.ts'
import type { Role } from '../../core/plugin.ts'
import { createPermissions } from '../../core/rbac/permissions.ts'
import { createPeople } from '../../core/tenancy/people.ts'
import { openWorld, type World } from '../support/bazaar/world.ts'
import { makeSeller, type TestSeller } from '../support/database.ts'
import { openAuth } from '../support/sign-in.ts'
import { sync } from '../ledger/support/runs.ts'
import { fakeServices, nobodyElse } from './fake-services.ts'

/** Somebody of a seller, signed in a moment ago. */
export interface Person {
  readonly sellerId: string
  readonly userId: string
  readonly sessionId: string
  /** A cookie with a token of what the person may do now. */
  readonly cookie: () => Promise<string>
}
export interface Answer {
  readonly status: number
  readonly text: string
  // deno-lint-ignore no-explicit-any -- whatever the route answers
  readonly body: any
  readonly headers: Headers
}
export interface Ask {
  readonly method?: string
  readonly json?: unknown
  readonly ip?: string
  readonly headers?: Record<string, string>
}
export interface AccessWorld {
  readonly world: World
  readonly app: App
  readonly seller: TestSeller
  /** Two shops: 250 orders, and 40. */
  readonly accounts: readonly [string, string]
  readonly owner: Person
  readonly person: (role: Role, of?: TestSeller) => Promise<Person>
  readonly ask: (by: Person | string | null, path: string, ask?: Ask) => Promise<Answer>
  /** Moves the clock of the process, not that of the database. */
  readonly clock: { offsetMs: number }
  readonly services: Services
  readonly auth: Auth
  /** Events of the seller's trail, oldest first. */
  readonly trail: (sellerId?: string) => Promise<readonly Event[]>
  readonly logged: readonly string[]
  readonly close: () => Promise<void>
}
interface Event {
  readonly action: string
  readonly target: string
  readonly data: Readonly<Record<string, unknown>>
  readonly actor_user_id: string | null
  readonly api_key_id: string | null
}

/** Status, headers and body, without what is each request's own. */
export const shapeOf = ({ status, headers, text }: Answer): string =>
  JSON.stringify([
    status,
    [...headers].filter(([name]) => name !== 'x-request-id'),
    text.replace(/"urn:uuid:[^"]*"/, ''),
  ])

/** Close it in `afterAll`. */
export const openAccessWorld = async (): Promise<AccessWorld> => {
  const world = await openWorld()
  const { fresh, keyring } = world
  const { db } = fresh
  const clock = { offsetMs: 0 }
  const now = () => new Date(Date.now() + clock.offsetMs)
  const logged: string[] = []
  const log = createLog((line) => void logged.push(line), now)
  const { auth, tokens } = await openAuth(db, { now })
  const permissions = createPermissions()
  const store = memoryStore(() => now().getTime())
  const fakes = { ...nobodyElse, ...fakeServices(() => {}) }
  const services: Services = {
    ...fakes,
    tenancy: { ...fakes.tenancy, people: createPeople({ db }) },
    audit: { ...fakes.audit, openings: createOpenings(db) },
    ...accessServices({ db, keyring, store, clock: now, log, config: { ROBNU_BACKUP_DAYS: 30 } }),
    overrideDesk: overrideDeskOf({ db, clock: now }, permissions),
    auth,
    idempotency: {
      find: (entry) => findMade(db, entry),
      fingerprint: (text) => keyedDigest(new Uint8Array(32), text),
    },
    orders: createOrders({ db, keyring }),
    accounts: createAccounts(world.deps),
    runs: createRuns(db),
  }
  const app = createApp({
    ...{ services, permissions, log, now, checks: {}, version: '0.0.0' },
    cursorKey: new Uint8Array(32).fill(7),
  })

  const ask: AccessWorld['ask'] = async (
    by,
    path,
    { method, json, ip = '192.0.2.1', headers } = {},
  ) => {
    const credential: Record<string, string> = by === null
      ? {}
      : typeof by === 'string'
      ? { authorization: `Bearer ${by}` }
      : { cookie: await by.cookie() }
    const response = await app.fetch(
      new Request(`http://robnu.test${path}`, {
        method: method ?? (json === undefined ? 'GET' : 'POST'),
        headers: {
          ...credential,
          'idempotency-key': newId(),
          ...(json === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      }),
      { ip },
    )
    const text = await response.text()
    const body = text === '' ? undefined : JSON.parse(text)
    return { status: response.status, text, body, headers: response.headers }
  }
  const personOf = async ({ sellerId, userId, sessionId }: TestSeller): Promise<Person> => {
    await fresh.asSuperuser((admin) =>
      admin`update sessions set stepped_up_at = now() where id = ${sessionId}`
    )
    const cookie = async () => {
      const known = {
        ...{ kind: 'user', sellerId, userId, sessionId, role: 'OWNER' } as const,
        ...{ authzVersion: '0.0', sellerStatus: 'ACTIVE', hasOverrides: false } as const,
      }
      const principal = await auth.reload(known) ?? known
      return `${cookieName}=${await tokens.issue(principal)}`
    }
    return { sellerId, userId, sessionId, cookie }
  }
  const seller = await makeSeller(db)
  const accounts = [await world.connectShop(seller, 0), await world.connectShop(seller, 1)] as const
  for (const account of accounts) await sync(world, seller, account)

  return {
    ...{ world, app, seller, accounts, ask, clock, services, auth, logged },
    owner: await personOf(seller),
    person: async (role, of = seller) => {
      const { sellerId } = of
      const [identityId, userId, sessionId] = [newId(), newId(), newId()]
      await db.withPlatformScope('test', async (tx) => {
        await tx.run(command`
          insert into identities (id, email, password_hash)
          values (${identityId}, ${`${identityId}@example.in`}, 'none')`)
        await tx.run(command`
          insert into seller_users (seller_id, id, identity_id, role)
          values (${sellerId}, ${userId}, ${identityId}, ${role})`)
      })
      const expires = new Date(Date.now() + 86_400_000).toISOString()
      await db.gate.run(command`
        select auth_open_session(${identityId}, null, ${sessionId}, ${expires})`)
      return await personOf({ ...of, userId, identityId, sessionId })
    },
    trail: (sellerId = seller.sellerId) =>
      fresh.asSuperuser((admin) =>
        admin<Event[]>`
          select action, target, data::jsonb as data, actor_user_id, api_key_id from audit_events
          where seller_id = ${sellerId} order by seq`
      ),
    close: async () => {
      await services.keys.close()
      await world.close()
    },
  }
}
