/** An application on fakes: real tokens, guard and routes; sellers, sessions and data in memory. */
import { createAuth } from '../../core/auth/auth.ts'
import type { PasswordHasher } from '../../core/auth/passwords.ts'
import type { UserPrincipal } from '../../core/auth/principal.ts'
import { createTokens } from '../../core/auth/tokens.ts'
import type { Database, Entry, Queries, SellerScope, Tx } from '../../core/db/database.ts'
import type { Statement } from '../../core/db/sql.ts'
import { fault } from '../../core/errors.ts'
import { type AppDeps, createApp } from '../../core/http/app.ts'
import { cookieName } from '../../core/http/cookie.ts'
import type { Services } from '../../core/http/services.ts'
import { newId } from '../../core/ids.ts'
import { createLog } from '../../core/log.ts'
import type { Role } from '../../core/plugin.ts'
import { createPermissions } from '../../core/rbac/permissions.ts'
import { keyFor } from '../auth/keys.ts'
import { mailBox, memoryLanes, testSecrets } from '../support/sign-in.ts'
import { fakeServices, nobodyElse } from './fake-services.ts'

export const startTime = Date.parse('2026-02-01T00:00:00Z')

/** One user of one seller, as the database would know them. */
interface FakeUser {
  readonly email: string
  readonly password: string
  readonly userId: string
  readonly sellerId: string
  role: Role
  status: 'ACTIVE' | 'SUSPENDED'
  version: number
  isRemoved: boolean
}
interface FakeSession {
  readonly user: FakeUser
  isOver: boolean
}

export interface World {
  readonly app: ReturnType<typeof createApp>
  readonly addUser: (role?: Role, status?: FakeUser['status']) => FakeUser
  /** A session of the user: its principal, and a cookie that carries it. */
  readonly signedIn: (user: FakeUser) => Promise<{ principal: UserPrincipal; cookie: string }>
  /** A request by path; the body is sent as JSON. */
  readonly ask: (
    path: string,
    init?: { method?: string; cookie?: string; headers?: Record<string, string>; json?: unknown },
  ) => Promise<Response>
  readonly sessions: Map<string, FakeSession>
  readonly entries: Entry[]
  readonly lines: string[]
  readonly clock: { now: number }
  readonly reloads: () => number
}

export const makeWorld = async (
  options: {
    readonly services?: Partial<Services>
    readonly deps?: Partial<AppDeps>
    /** Everybody has proved this very moment who they are. */
    readonly steppedUp?: boolean
  } = {},
): Promise<World> => {
  const users: FakeUser[] = []
  const sessions = new Map<string, FakeSession>()
  const entries: Entry[] = []
  const lines: string[] = []
  const clock = { now: startTime }
  let reloads = 0
  const now = () => new Date(clock.now)
  const log = createLog((line) => lines.push(line), now)

  const gate = (statement: Statement): readonly unknown[] => {
    const [first, second, third] = statement.values.map(String)
    if (statement.sql.includes('auth_identity(')) {
      const user = users.find(({ email }) => email === first)
      if (!user) return []
      const [identity_id, password_hash] = [user.userId, user.password]
      return [{ identity_id, email: first, password_hash, totp_secret_enc: null, has_totp: false }]
    }
    if (statement.sql.includes('auth_open_session(')) {
      const user = users.find(({ userId }) => userId === first)
      if (!user || user.isRemoved) return []
      sessions.set(third ?? '', { user, isOver: false })
      return [{ ...standing(user), seller_id: user.sellerId, seller_name: 'Seller' }]
    }
    const session = sessions.get(second ?? '')
    if (statement.sql.includes('auth_reload(')) {
      reloads++
      const isAlive = session && !session.isOver && !session.user.isRemoved &&
        session.user.sellerId === first
      return isAlive ? [standing(session.user)] : []
    }
    if (statement.sql.includes('auth_account(') && session && options.steppedUp) {
      const { email, password, userId } = session.user
      const account = { identity_id: userId, email, password_hash: password, has_totp: false }
      return [{ ...account, totp_secret_enc: null, stepped_up_at: now() }]
    }
    return []
  }
  /** What the platform may do: end a session. */
  const platform = (statement: Statement): readonly unknown[] => {
    const session = [...sessions].find(([id]) => statement.values.includes(id))?.[1]
    if (!statement.sql.includes('update sessions') || !session || session.isOver) return []
    session.isOver = true
    const { sellerId, userId } = session.user
    return [{ seller_id: sellerId, id: newId(), user_id: userId }]
  }

  /** What app_enter does. */
  const enter = (entry: Entry): FakeUser => {
    entries.push(entry)
    const [id = '', version] = entry.ref.split('/')
    const session = sessions.get(id)
    if (!session || session.isOver || session.user.isRemoved) throw fault('session-over')
    if (session.user.sellerId !== entry.sellerId) throw fault('session-over')
    if (versionOf(session.user) !== version) throw fault('stale-authz')
    return session.user
  }

  const db = {
    gate: queriesOf(gate),
    withPlatformScope: <T>(_reason: string, work: (tx: Tx) => Promise<T>) =>
      work({ ...queriesOf(platform), atCommit: () => {}, ifUndone: () => {} }),
    withSellerScope: async <T>(entry: Entry, work: (scope: SellerScope) => Promise<T>) => {
      const { sellerId } = enter(entry)
      return await work({
        ...queriesOf(() => []),
        atCommit: () => {},
        ifUndone: () => {},
        sellerId,
      })
    },
    inSellerScope: (entry: Entry) =>
      queriesOf(() => {
        const user = enter(entry)
        return [{ id: user.sellerId, name: 'Seller', status: user.status }]
      }),
  } satisfies Pick<Database, 'gate' | 'inSellerScope' | 'withSellerScope' | 'withPlatformScope'>

  const tokens = await createTokens({ keys: { keys: [await keyFor('one')] }, now })
  const services: Services = {
    auth: createAuth({
      db,
      hasher: plainHasher,
      tokens,
      secrets: testSecrets,
      lanes: memoryLanes(now),
      post: mailBox(log).post,
      log,
      now,
      newId: () => newId(),
    }),
    ...fakeServices(enter),
    ...nobodyElse,
    ...options.services,
  }
  const app = createApp({
    services,
    permissions: createPermissions(),
    checks: {},
    cursorKey: new Uint8Array(32).fill(7),
    log,
    now,
    version: '0.0.0',
    ...options.deps,
  })

  const ask: World['ask'] = (path, { method, cookie, headers = {}, json } = {}) =>
    app.fetch(
      new Request(`http://robnu.test${path}`, {
        method: method ?? (json === undefined ? 'GET' : 'POST'),
        headers: {
          ...(cookie === undefined ? {} : { cookie }),
          ...(json === undefined ? {} : { 'content-type': 'application/json' }),
          ...(method === 'GET' ? {} : { 'idempotency-key': newId() }),
          ...headers,
        },
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      }),
      { ip: '192.0.2.1' },
    )

  return {
    app,
    ask,
    sessions,
    entries,
    lines,
    clock,
    reloads: () => reloads,
    addUser: (role = 'OWNER', status = 'ACTIVE') => {
      const user: FakeUser = {
        email: `${newId()}@example.in`,
        password: `secret-${newId()}`,
        userId: newId(),
        sellerId: newId(),
        role,
        status,
        version: 1,
        isRemoved: false,
      }
      users.push(user)
      return user
    },
    signedIn: async (user) => {
      const sessionId = newId()
      sessions.set(sessionId, { user, isOver: false })
      const principal: UserPrincipal = {
        kind: 'user',
        hasOverrides: false,
        sellerId: user.sellerId,
        userId: user.userId,
        role: user.role,
        sessionId,
        authzVersion: versionOf(user),
        sellerStatus: user.status,
      }
      return { principal, cookie: `${cookieName}=${await tokens.issue(principal)}` }
    },
  }
}

const versionOf = (user: FakeUser): string => `${user.version}.1`
const standing = (user: FakeUser) => ({
  user_id: user.userId,
  role: user.role,
  seller_status: user.status,
  authz_version: versionOf(user),
  has_overrides: false,
})

/** Stores passwords as they are: hashing has its own tests. */
const plainHasher: PasswordHasher = {
  hash: (password) => Promise.resolve(password),
  verify: (password, stored) => Promise.resolve(password === stored),
  needsRehash: () => false,
  close: () => Promise.resolve(),
}

const queriesOf = (answer: (statement: Statement) => readonly unknown[]): Queries => {
  const any = <Row>(statement: Statement<Row>) =>
    Promise.try(() => answer(statement) as readonly Row[])
  return {
    any,
    one: async (statement) => {
      const [row] = await any(statement)
      if (row === undefined) throw new Error('Expected a row')
      return row
    },
    maybeOne: async (statement) => (await any(statement))[0] ?? null,
    run: async (statement) => (await any(statement)).length,
  }
}
