/** Sellers with their people, staff, and the API between them, all on a real database. */
import { createHash, randomBytes } from 'node:crypto'
import { z } from 'zod'
import { ensureSuperAdmin } from '../../core/auth/staff-people.ts'
import { createTotpVault } from '../../core/auth/totp-vault.ts'
import { newTotpSecret, totpCode } from '../../core/auth/totp.ts'
import type { UserPrincipal } from '../../core/auth/principal.ts'
import type { Tokens } from '../../core/auth/tokens.ts'
import { createAuditTrail } from '../../core/audit/trail.ts'
import { queueServices } from '../../core/boot/queues.ts'
import { staffServices } from '../../core/boot/staff.ts'
import type { Config } from '../../core/config.ts'
import { numberSecrets } from '../../core/crypto/numbered.ts'
import type { Operations } from '../../core/db/operations.ts'
import { command } from '../../core/db/sql.ts'
import { type App, createApp } from '../../core/http/app.ts'
import { cookieName, staffCookieName } from '../../core/http/cookie.ts'
import { newId } from '../../core/ids.ts'
import { createAccounts } from '../../core/ledger/accounts.ts'
import { createJobContext } from '../../core/ledger/plugin-context.ts'
import { createOrders } from '../../core/ledger/read-orders.ts'
import { createPayouts } from '../../core/ledger/read-payouts.ts'
import { createReturns } from '../../core/ledger/read-returns.ts'
import { createShipments } from '../../core/ledger/read-shipments.ts'
import { createTimelines } from '../../core/ledger/read-timeline.ts'
import { createRuns } from '../../core/ledger/runs.ts'
import { API, definePlugin, type Role } from '../../core/plugin.ts'
import { createPermissions } from '../../core/rbac/permissions.ts'
import type { Mail } from '../../core/mail/mail.ts'
import { createPluginDesk } from '../../core/queues/plugins.ts'
import { fakeServices, nobodyElse } from '../http/fake-services.ts'
import { makeSeller, type TestSeller } from '../support/database.ts'
import { mailBox, openAuth, plainHasher } from '../support/sign-in.ts'
import { openWorld, type World } from '../support/bazaar/world.ts'
import { sync } from '../ledger/support/runs.ts'

export interface Answer {
  readonly status: number
  readonly code: string | undefined
  // deno-lint-ignore no-explicit-any -- each test says what it looks at
  readonly body: any
  readonly headers: Headers
}
export type Ask = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<Answer>
export interface StaffPerson {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly password: string
  /** The code that the authenticator app shows, of a time step that was not used yet. */
  readonly nextCode: () => string
}
export interface StaffClient {
  readonly person: StaffPerson
  readonly sessionId: string
  readonly ask: Ask
  /** The same inside a seller. */
  readonly inside: (impersonationId: string) => Ask
}
export interface StaffWorld {
  readonly world: World
  readonly app: App
  /** Seconds that the process is ahead of the database. */
  readonly clock: { aheadMs: number }
  readonly mails: readonly Mail[]
  /** Waits until every mail is sent. */
  readonly drain: () => Promise<void>
  readonly sql: Operations
  readonly anonymous: Ask
  readonly openSeller: () => Promise<TestSeller>
  /** Of a seller: one of the two shops, with its orders. */
  readonly openShop: (seller: TestSeller, at?: 0 | 1) => Promise<string>
  /** Another person of the seller, signed in. */
  readonly join: (seller: TestSeller, role: Role, email?: string) => Promise<Ask>
  readonly owner: (seller: TestSeller) => Promise<Ask>
  readonly cookieOf: (seller: TestSeller) => Promise<string>
  readonly hire: (email?: string) => Promise<StaffPerson>
  /** A session without the way through the login. */
  readonly enter: (person: StaffPerson) => Promise<StaffClient>
  readonly withCookie: (cookie: string) => Ask
  readonly close: () => Promise<void>
}

const secret = 'a secret of a test, 32 characters or more'
const stepMs = 30_000

/** Of the desk plugin: a route that changes something, and writes it down as plugins do. */
const desk = definePlugin({
  id: 'desk',
  api: API,
  version: '1.0.0',
  queues: [{ name: 'desk-notes', kind: 'standard' }],
  consumers: [{ queue: 'desk-notes', body: z.unknown(), handle: () => Promise.resolve() }],
  permissions: { 'desk:write': ['OWNER', 'ADMIN'] },
  routes: [{
    method: 'put',
    path: '/desk/note',
    permission: 'desk:write',
    summary: 'Leaves a note',
    answer: z.object({ ok: z.boolean() }),
    handle: async (_input, ctx) => {
      await ctx.scope(async (tx) => {
        await tx.send('desk-notes', {})
        await tx.audit('noted', 'note:1')
      })
      return { ok: true }
    },
  }],
})

export const openStaffWorld = async (): Promise<StaffWorld> => {
  const world = await openWorld()
  const { fresh, keyring } = world
  const { db } = fresh
  const clock = { aheadMs: 0 }
  const now = () => new Date(Date.now() + clock.aheadMs)
  const { post, mails } = mailBox()
  const { auth, tokens } = await openAuth(db, { now, hasher: plainHasher })
  const config = { ROBNU_SECRET: secret, ROBNU_PEPPERS: {}, sweepDefaults: {} } as unknown as Config
  const log = world.deps.log
  const made = fakeServices(() => {})
  const app = createApp({
    services: {
      ...nobodyElse,
      ...made,
      auth,
      orders: createOrders({ db, keyring }),
      accounts: createAccounts(world.deps),
      runs: createRuns(db),
      shipments: createShipments(db),
      returns: createReturns(db),
      payouts: createPayouts(db),
      timelines: createTimelines(db),
      audit: { ...made.audit, trail: createAuditTrail(db, now) },
      ...queueServices({ ...world.deps, config, host: world.host }),
      staffPlugins: createPluginDesk(fresh.db),
      ...staffServices({ db, config, hasher: plainHasher, post, log, clock: now }),
    },
    permissions: createPermissions([desk]),
    plugins: [{
      pluginId: desk.id,
      routes: desk.routes ?? [],
      contextOf: ({ entry, requestId, signal }) =>
        createJobContext(world.deps, desk, { entry, key: requestId, signal }),
    }],
    checks: {},
    cursorKey: new Uint8Array(32).fill(7),
    log,
    now,
    version: '0.0.0',
  })
  const eye = await openEye(world)
  const clients = clientsOf(app)
  const vault = createTotpVault(numberSecrets(secret))
  const hire = async (email = `staff-${newId()}@robnu.example`): Promise<StaffPerson> => {
    const id = newId()
    const name = `Meera ${email.slice(0, 12)}`
    const password = `Quiet-Monsoon-7-${id.slice(-6)}`
    const totp = newTotpSecret()
    await ensureSuperAdmin(db, {
      ...{ id, email, name, passwordHash: await plainHasher.hash(password) },
      totpSecretEnc: vault.seal(id, totp),
    })
    let used = 0
    return {
      ...{ id, email, name, password },
      nextCode: () => {
        const step = Math.floor(now().getTime() / stepMs)
        if (used >= step + 1) clock.aheadMs += stepMs
        used = Math.max(used + 1, Math.floor(now().getTime() / stepMs))
        return totpCode(totp, used)
      },
    }
  }

  return {
    ...{ world, app, clock, mails, drain: post.drain, sql: eye.sql, hire },
    anonymous: clients({}),
    openSeller: () => makeSeller(db),
    openShop: async (seller, at = 0) => {
      const accountId = await world.connectShop(seller, at)
      await sync(world, seller, accountId)
      return accountId
    },
    join: async (seller, role, email = `person-${newId()}@example.in`) => {
      const [identityId, userId] = [newId(), newId()]
      await db.withPlatformScope('test', async (tx) => {
        await tx.run(command`
          insert into identities (id, email, password_hash) values (${identityId}, ${email}, 'none')`)
        await tx.run(command`
          insert into seller_users (seller_id, id, identity_id, role)
          values (${seller.sellerId}, ${userId}, ${identityId}, ${role})`)
      })
      return clients(await userHeaders(eye.sql, tokens, { ...seller, userId, identityId }, role))
    },
    owner: async (seller) => clients(await userHeaders(eye.sql, tokens, seller, 'OWNER')),
    cookieOf: async (seller) => (await userHeaders(eye.sql, tokens, seller, 'OWNER')).cookie,
    enter: async (person) => {
      const token = `rs_${randomBytes(32).toString('base64url')}`
      const sessionId = newId()
      const digest = createHash('sha256').update(token).digest()
      await eye.sql`
        insert into staff_sessions (id, super_admin_id, token_hash, expires_at, stepped_up_at)
        values (${sessionId}, ${person.id}, ${digest}, now() + interval '11 hours', ${now()})`
      const headers = { cookie: `${staffCookieName}=${token}` }
      return {
        ...{ person, sessionId, ask: clients(headers) },
        inside: (id) => clients({ ...headers, 'x-robnu-impersonation': id }),
      }
    },
    withCookie: (cookie) => clients({ cookie }),
    close: async () => {
      await eye.close()
      await world.close()
    },
  }
}

const clientsOf =
  (app: App) =>
  (own: Readonly<Record<string, string>>): Ask =>
  async (method, path, body, more = {}) => {
    const response = await app.fetch(
      new Request(`http://robnu.test${path}`, {
        method,
        headers: {
          ...own,
          'idempotency-key': newId(),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...more,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
      { ip: '192.0.2.1' },
    )
    const text = await response.text()
    const json = text === '' ? undefined : JSON.parse(text)
    const { status, headers } = response
    return { status, headers, body: json, code: status < 400 ? undefined : json?.code }
  }

/** A token for a session of its own, as the database knows its person at this moment. */
const userHeaders = async (
  sql: Operations,
  tokens: Tokens,
  { sellerId, userId, identityId }: Pick<TestSeller, 'sellerId' | 'userId' | 'identityId'>,
  role: Role,
) => {
  const sessionId = newId()
  await sql`
    insert into sessions (seller_id, id, user_id, identity_id, expires_at)
    values (${sellerId}, ${sessionId}, ${userId}, ${identityId}, now() + interval '1 day')`
  const [row] = await sql<{ version: string; status: UserPrincipal['sellerStatus'] }[]>`
    select u.authz_version || '.' || s.authz_version as version, s.status
    from seller_users u join sellers s on s.id = u.seller_id
    where u.seller_id = ${sellerId} and u.id = ${userId}`
  if (!row) throw new Error('There is no such person')
  const token = await tokens.issue({
    ...{ kind: 'user', sellerId, userId, role, sessionId, hasOverrides: false },
    ...{ sellerStatus: row.status, authzVersion: row.version },
  })
  return { cookie: `${cookieName}=${token}` }
}

/** One connection of the superuser for all looks. */
const openEye = async ({ fresh }: World) => {
  const opened = Promise.withResolvers<Operations>()
  const over = Promise.withResolvers<void>()
  const working = fresh.asSuperuser(async (sql) => {
    opened.resolve(sql)
    await over.promise
  })
  working.catch(opened.reject)
  return {
    sql: await opened.promise,
    close: async () => {
      over.resolve()
      await working
    },
  }
}
