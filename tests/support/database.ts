/** A database of one's own: a copy of the migrated template, and two sellers to put into it. */
import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import type { Database, Entry } from '../../core/db/database.ts'
import { type Operations, withOperations } from '../../core/db/operations.ts'
import { type OpenDatabase, openDatabase } from '../../core/db/scope.ts'
import { command, sql } from '../../core/db/sql.ts'
import { newId } from '../../core/ids.ts'
import { z } from 'zod'
import './provided.ts'
import { type LedgerExtra, settleOpens } from './opens.ts'
import { testScopeKey } from './scope-key.ts'

export interface FreshDatabase {
  readonly urls: { readonly app: string; readonly platform: string; readonly owner: string }
  readonly db: OpenDatabase
  /** As the superuser, whom no policy holds back: to look at what is really stored. */
  readonly asSuperuser: <T>(work: (sql: Operations) => Promise<T>) => Promise<T>
  /** Throws when other values were opened in this process than the decrypt ledger says. */
  readonly close: () => Promise<void>
}

/** About 100 ms. Close it in `afterAll`. */
export const freshDatabase = async (
  options: {
    readonly maxConnections?: number
    /** Why its decrypt ledger says more than this process has opened. */
    readonly ledgerHasMore?: LedgerExtra
  } = {},
): Promise<FreshDatabase> => {
  const template = inject('superuserUrl')
  const name = `test_${randomBytes(6).toString('hex')}`
  await withOperations(
    replaceDatabase(template, 'postgres'),
    async (admin) => {
      await admin.unsafe(`create database ${name} template robnu_template owner robnu_owner`)
      // rights of a database are not copied with it
      await admin.unsafe(`revoke temporary on database ${name} from public`)
    },
  )
  const urls = {
    app: replaceDatabase(inject('urls').app, name),
    platform: replaceDatabase(inject('urls').platform, name),
    owner: replaceDatabase(inject('urls').owner, name),
  }
  const db = await openDatabase({
    url: urls.app,
    platformUrl: urls.platform,
    scopeKey: testScopeKey,
    maxConnections: options.maxConnections ?? 4,
  })
  return {
    urls,
    db,
    asSuperuser: (work) => withOperations(replaceDatabase(template, name), work),
    close: async () => {
      await db.close()
      try {
        await withOperations(
          replaceDatabase(template, name),
          (admin) => settleOpens(admin, options.ledgerHasMore),
        )
      } finally {
        await withOperations(
          replaceDatabase(template, 'postgres'),
          (admin) => admin.unsafe(`drop database ${name} with (force)`),
        )
      }
    },
  }
}

export interface TestSeller {
  readonly sellerId: string
  readonly userId: string
  readonly identityId: string
  readonly email: string
  readonly sessionId: string
  readonly entry: Entry
}

/** A seller with one signed-in user. */
export const makeSeller = async (
  db: Database,
  options: { readonly role?: string; readonly passwordHash?: string } = {},
): Promise<TestSeller> => {
  const [orgId, sellerId, identityId, userId, sessionId] = Array.from({ length: 5 }, () => newId())
  if (!orgId || !sellerId || !identityId || !userId || !sessionId) throw new Error('unreachable')
  const email = `user-${identityId}@example.in`
  await db.withPlatformScope('test', async (tx) => {
    await tx.run(command`insert into orgs (id, name) values (${orgId}, 'Robnu')`)
    await tx.run(command`
      insert into sellers (id, org_id, name) values (${sellerId}, ${orgId}, ${`Seller ${sellerId}`})`)
    await tx.run(command`
      insert into identities (id, email, password_hash)
      values (${identityId}, ${email}, ${options.passwordHash ?? 'none'})`)
    await tx.run(command`
      insert into seller_users (seller_id, id, identity_id, role)
      values (${sellerId}, ${userId}, ${identityId}, ${options.role ?? 'OWNER'})`)
  })
  const expires = new Date(Date.now() + 3_600_000).toISOString()
  const opened = await db.gate.one(sql.type(z.object({ authz_version: z.string() }))`
    select authz_version from auth_open_session(${identityId}, null, ${sessionId}, ${expires})`)
  return {
    sellerId,
    userId,
    identityId,
    email,
    sessionId,
    entry: { sellerId, kind: 'session', ref: `${sessionId}/${opened.authz_version}` },
  }
}

/** A marketplace row and one account of the seller. */
export const makeAccount = async (
  fresh: FreshDatabase,
  seller: TestSeller,
  options: { readonly code?: string; readonly externalAccountId?: string } = {},
): Promise<string> => {
  const code = options.code ?? 'BAZAAR'
  const id = newId()
  await fresh.asSuperuser(async (admin) => {
    await admin`
      insert into marketplaces (id, code, name, plugin_id)
      values (${newId()}, ${code}, ${code}, ${code.toLowerCase()}) on conflict do nothing`
    await admin`
      insert into marketplace_accounts (seller_id, id, marketplace_id, external_account_id, name)
      select ${seller.sellerId}, ${id}, m.id, ${options.externalAccountId ?? id}, 'Test'
      from marketplaces m where m.code = ${code}`
  })
  return id
}

const replaceDatabase = (url: string, name: string): string => {
  const changed = new URL(url)
  changed.pathname = `/${name}`
  return changed.href
}
