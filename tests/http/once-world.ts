/** The API on a real database, with one route that does as much as it is asked to, each time. */
import { createHash } from 'node:crypto'
import type { Database, SellerScope } from '../../core/db/database.ts'
import { findMade } from '../../core/db/once.ts'
import { command } from '../../core/db/sql.ts'
import { type App, createApp } from '../../core/http/app.ts'
import { cookieName } from '../../core/http/cookie.ts'
import type { Accounts, Services } from '../../core/http/services.ts'
import { newId } from '../../core/ids.ts'
import { createTokens } from '../../core/auth/tokens.ts'
import { silentLog } from '../../core/log.ts'
import { createPermissions } from '../../core/rbac/permissions.ts'
import { keyFor } from '../auth/keys.ts'
import { type FreshDatabase, type TestSeller } from '../support/database.ts'
import { accountId, fakeServices, nobodyElse } from './fake-services.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: { readonly code?: string; readonly id?: string; readonly name?: string }
}
export interface OnceWorld {
  readonly app: App
  /** POST /v1/marketplace-accounts, or another address. */
  readonly send: (
    seller: TestSeller,
    ask: { readonly key?: string; readonly name?: string; readonly path?: string },
  ) => Promise<Answer>
  /** How often the effect of this name is there. */
  readonly effects: (seller: TestSeller, name: string) => Promise<number>
  /** Keys that are stored for the seller. */
  readonly keys: (seller: TestSeller) => Promise<number>
}
export interface Hooks {
  /** Before the transaction, as when a marketplace is asked. */
  readonly before?: (name: string) => Promise<void> | void
  /** Inside of it, behind the effect. */
  readonly within?: (name: string) => Promise<void> | void
  readonly forgetsKey?: boolean
}

/** Connecting an account stands for a message in the outbox: a second one would be seen. */
export const openOnceWorld = async (
  fresh: FreshDatabase,
  db: Database = fresh.db,
  hooks: Hooks = {},
): Promise<OnceWorld> => {
  const now = () => new Date()
  const tokens = await createTokens({ keys: { keys: [await keyFor('one')] }, now })
  const made = fakeServices(() => {})
  const view = async (id: string) => ({ ...await made.accounts.get(anybody, accountId, null), id })
  const accounts: Accounts = {
    ...made.accounts,
    get: (_entry, id) => view(id) as ReturnType<Accounts['get']>,
    connect: async (entry, { name }) => {
      await hooks.before?.(name)
      const id = newId()
      const act = async (scope: SellerScope) => {
        await scope.run(command`
          insert into outbox (seller_id, id, queue, group_key, body)
          values (${scope.sellerId}, ${id}, 'effects', ${name}, '{}')`)
        await hooks.within?.(name)
      }
      if (hooks.forgetsKey === true) await db.withSellerScope(entry, act)
      else {
        await db.makeInSellerScope(entry, async (scope) => {
          scope.made(id)
          await act(scope)
        })
      }
      return await view(id) as Awaited<ReturnType<Accounts['connect']>>
    },
  }
  const app = createApp({
    services: {
      ...made,
      ...nobodyElse,
      accounts,
      idempotency: {
        find: (entry) => findMade(db, entry),
        fingerprint: (text) => createHash('sha256').update(text).digest(),
      },
      auth: {
        ...uncalled as Services['auth'],
        verify: tokens.verify,
        issue: tokens.issue,
        // the connecting route asks whether the session is alive
        reload: (principal) => Promise.resolve(principal),
      },
    },
    permissions: createPermissions(),
    checks: {},
    cursorKey: new Uint8Array(32).fill(7),
    log: silentLog,
    now,
    version: '0.0.0',
  })
  const cookieOf = async ({ sellerId, userId, sessionId, entry }: TestSeller) => {
    const token = await tokens.issue({
      ...{ kind: 'user', sellerId, userId, sessionId, role: 'OWNER', hasOverrides: false },
      ...{ sellerStatus: 'ACTIVE', authzVersion: entry.ref.split('/')[1] ?? '' },
    })
    return `${cookieName}=${token}`
  }
  return {
    app,
    send: async (seller, { key, name = 'Main shop', path = '/v1/marketplace-accounts' }) => {
      const response = await app.fetch(
        new Request(`http://robnu.test${path}`, {
          method: 'POST',
          headers: {
            'cookie': await cookieOf(seller),
            'content-type': 'application/json',
            ...(key === undefined ? {} : { 'idempotency-key': key }),
          },
          body: JSON.stringify({
            ...{ marketplace: 'BAZAAR', external_account_id: 'x', name },
            ...{ details: {}, credentials: { api_key: 'a secret' } },
          }),
        }),
      )
      const { status, headers } = response
      return { status, headers, body: await response.json() as Answer['body'] }
    },
    effects: ({ sellerId }, name) =>
      fresh.asSuperuser(async (sql) => {
        const rows = await sql`
          select from outbox where seller_id = ${sellerId} and group_key = ${name}`
        return rows.length
      }),
    keys: ({ sellerId }) =>
      fresh.asSuperuser(async (sql) => {
        const rows = await sql`select from idempotency_keys where seller_id = ${sellerId}`
        return rows.length
      }),
  }
}

/** Parts of services that no request here asks for. */
const uncalled: unknown = { own: { sessions: {}, password: {}, factor: {} } }
const anybody = { sellerId: '', kind: 'session', ref: '' } as const
