/** The API on a real database, with sellers, people and mails as they are; the rest is made up. */
import { createHash } from 'node:crypto'
import { tenancyServices } from '../../core/boot/tenancy.ts'
import type { PasswordHasher } from '../../core/auth/passwords.ts'
import type { Entry } from '../../core/db/database.ts'
import { findMade } from '../../core/db/once.ts'
import { command } from '../../core/db/sql.ts'
import { type App, createApp } from '../../core/http/app.ts'
import { cookieName } from '../../core/http/cookie.ts'
import type { TenancyServices } from '../../core/http/services.ts'
import { newId } from '../../core/ids.ts'
import { createOffboardings } from '../../core/ledger/offboarding/requests.ts'
import { silentLog } from '../../core/log.ts'
import type { Role } from '../../core/plugin.ts'
import { createPermissions } from '../../core/rbac/permissions.ts'
import { fakeServices, nobodyElse } from '../http/fake-services.ts'
import { type FreshDatabase, freshDatabase, makeSeller } from '../support/database.ts'
import { canary } from '../support/canary.ts'
import { type MailBox, openAuth } from '../support/sign-in.ts'

export const password = `${canary} battery staple`
/** Of somebody new. */
export const chosen = `${canary} has taken nobody`

/** Digests, where Argon2id is not looked at: nothing may lie in clear behind these tests either. */
const quickHasher: PasswordHasher = {
  hash: (text) => Promise.resolve(digestOf(text)),
  verify: (text, stored) => Promise.resolve(stored === digestOf(text)),
  needsRehash: () => false,
  close: () => Promise.resolve(),
}
const digestOf = (text: string): string =>
  `quick:${createHash('sha256').update(text).digest('hex')}`

export interface Answer {
  readonly status: number
  // deno-lint-ignore no-explicit-any -- answers are looked at member by member
  readonly body: any
  readonly cookie: string | undefined
  readonly headers: Headers
}
interface Ask {
  readonly method?: string
  readonly cookie?: string | undefined
  readonly json?: unknown
  readonly key?: string
}
export interface Member {
  readonly sellerId: string
  readonly userId: string
  readonly identityId: string
  readonly email: string
  readonly sessionId: string
  readonly cookie: string
}
export interface World {
  readonly fresh: FreshDatabase
  readonly app: App
  readonly mails: MailBox
  readonly tenancy: TenancyServices
  readonly clock: { now: number }
  /** Every request brings an Idempotency-Key. */
  readonly ask: (path: string, ask?: Ask) => Promise<Answer>
  readonly signIn: (email: string, word?: string) => Promise<Answer>
  /** A seller with its OWNER, signed in. */
  readonly owner: () => Promise<Member>
  /** One more person of the seller, signed in. */
  readonly addMember: (sellerId: string, role: Role, email?: string) => Promise<Member>
  /** What opens the seller's scope for the person, as they are now. */
  readonly entryOf: (member: Member) => Promise<Entry>
  /** The person has just proved who they are. */
  readonly stepUp: (member: Member) => Promise<void>
  readonly auditOf: (sellerId: string) => Promise<readonly AuditRow[]>
  readonly close: () => Promise<void>
}
interface AuditRow {
  readonly action: string
  readonly target: string
  readonly data: unknown
  readonly actor: string | null
}

export const openTenancyWorld = async (
  options: { readonly hasher?: PasswordHasher; readonly maxConnections?: number } = {},
): Promise<World> => {
  const fresh = await freshDatabase({ maxConnections: options.maxConnections ?? 8 })
  const { db } = fresh
  const clock = { now: Date.now() }
  const now = () => new Date(clock.now)
  const hasher = options.hasher ?? quickHasher
  const { auth, mails } = await openAuth(db, { now, hasher })
  const tenancy = tenancyServices({
    db,
    auth,
    hasher,
    post: mails.post,
    log: silentLog,
    clock: now,
  })
  const app = createApp({
    services: {
      ...fakeServices(() => {}),
      ...nobodyElse,
      auth,
      tenancy,
      offboardings: createOffboardings({
        ...{ db, now, graceDays: 7, wake: () => {} },
        // the files themselves have their own tests
        exports: { request: () => Promise.resolve({ id: newId() }) },
      }),
      idempotency: {
        find: (entry) => findMade(db, entry),
        fingerprint: (text) => createHash('sha256').update(text).digest(),
      },
    },
    permissions: createPermissions(),
    checks: {},
    cursorKey: new Uint8Array(32).fill(7),
    log: silentLog,
    now,
    version: '0.0.0',
  })

  const ask: World['ask'] = async (path, { method, cookie, json, key = newId() } = {}) => {
    const response = await app.fetch(
      new Request(`http://robnu.test${path}`, {
        method: method ?? (json === undefined ? 'GET' : 'POST'),
        headers: {
          'idempotency-key': key,
          ...(cookie === undefined ? {} : { cookie }),
          ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      }),
      { ip: '192.0.2.1' },
    )
    const text = await response.text()
    const session = response.headers.getSetCookie()
      .find((line) => line.startsWith(`${cookieName}=`))
    return {
      status: response.status,
      body: text === '' ? null : JSON.parse(text),
      cookie: session?.split(';')[0],
      headers: response.headers,
    }
  }
  const signIn: World['signIn'] = (email, word = password) =>
    ask('/v1/auth/login', { json: { email, password: word } })
  const signedIn = async (email: string): Promise<Pick<Member, 'cookie' | 'sessionId'>> => {
    const { status, cookie = '', body } = await signIn(email)
    if (status !== 200) throw new Error(`Cannot sign in: ${JSON.stringify(body)}`)
    const [, payload = ''] = cookie.split('.')
    const { sid } = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')))
    return { cookie, sessionId: String(sid) }
  }
  return {
    ...{ fresh, app, mails, tenancy, clock, ask, signIn },
    owner: async () => {
      const passwordHash = await hasher.hash(password)
      const { sellerId, userId, identityId, email } = await makeSeller(db, { passwordHash })
      return { sellerId, userId, identityId, email, ...await signedIn(email) }
    },
    addMember: async (sellerId, role, email = `${role}-${newId()}@example.in`.toLowerCase()) => {
      const [identityId, userId, hash] = [newId(), newId(), await hasher.hash(password)]
      await db.withPlatformScope('test', async (tx) => {
        await tx.run(command`
          insert into identities (id, email, password_hash) values (${identityId}, ${email}, ${hash})`)
        await tx.run(command`
          insert into seller_users (seller_id, id, identity_id, role)
          values (${sellerId}, ${userId}, ${identityId}, ${role})`)
      })
      return { sellerId, userId, identityId, email, ...await signedIn(email) }
    },
    entryOf: async ({ sellerId, sessionId }) => {
      const [row] = await fresh.asSuperuser((admin) =>
        admin`select user_authz || '.' || seller_authz as version from sessions
          where seller_id = ${sellerId} and id = ${sessionId}`
      )
      return { sellerId, kind: 'session', ref: `${sessionId}/${row?.version}` }
    },
    stepUp: async ({ sellerId, sessionId }) => {
      await fresh.asSuperuser((admin) =>
        admin`update sessions set stepped_up_at = ${now()}
          where seller_id = ${sellerId} and id = ${sessionId}`
      )
    },
    auditOf: (sellerId) =>
      fresh.asSuperuser(async (admin) =>
        (await admin`
          select action, target, data, actor_kind, actor_user_id from audit_events
          where seller_id = ${sellerId} order by seq`)
          .filter(({ action }) => action !== 'session.opened')
          .map(({ action, target, data, actor_kind, actor_user_id }) => ({
            action,
            target,
            data: JSON.parse(data),
            actor: actor_kind === 'user' ? actor_user_id : actor_kind,
          }))
      ),
    close: async () => {
      await mails.post.drain()
      await fresh.close()
    },
  }
}
