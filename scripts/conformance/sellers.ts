/** The two sellers of a bench, each with one account at the sandbox. */
import { z } from 'zod'
import type { SellerKeys } from '#core/crypto/keys.ts'
import type { Database, Entry } from '#core/db/database.ts'
import { command, sql } from '#core/db/sql.ts'
import { newId } from '#core/ids.ts'
import { writeSatellite } from '#core/ledger/satellite.ts'
import type { Marketplace } from '#core/plugin.ts'
import type { DemoAccount } from '#core/testing/sandbox/sandbox.ts'

export interface BenchSeller {
  readonly sellerId: string
  readonly accountId: string
  readonly entry: Entry
}

const dayMs = 86_400_000

/** A seller with one person who is signed in for a day. */
export const makeSeller = async (db: Database): Promise<Omit<BenchSeller, 'accountId'>> => {
  const [orgId, sellerId, identityId, userId, sessionId] = //
    [newId(), newId(), newId(), newId(), newId()]
  await db.withPlatformScope('conformance', async (tx) => {
    await tx.run(command`insert into orgs (id, name) values (${orgId}, 'Conformance')`)
    await tx.run(command`
      insert into sellers (id, org_id, name) values (${sellerId}, ${orgId}, ${sellerId})`)
    await tx.run(command`
      insert into identities (id, email, password_hash)
      values (${identityId}, ${`${identityId}@example.invalid`}, 'none')`)
    await tx.run(command`
      insert into seller_users (seller_id, id, identity_id, role)
      values (${sellerId}, ${userId}, ${identityId}, 'OWNER')`)
  })
  const expires = new Date(Date.now() + dayMs).toISOString()
  const { authz_version } = await db.gate.one(sql.type(z.object({ authz_version: z.string() }))`
    select authz_version from auth_open_session(${identityId}, null, ${sessionId}, ${expires})`)
  return { sellerId, entry: { sellerId, kind: 'session', ref: `${sessionId}/${authz_version}` } }
}

/** An account with sealed credentials, as `connect` stores it. */
export const connect = async (
  db: Database,
  { sellerId, entry }: Omit<BenchSeller, 'accountId'>,
  keys: SellerKeys,
  marketplace: Marketplace,
  { externalAccountId, details, credentials }: Pick<
    DemoAccount,
    'externalAccountId' | 'details' | 'credentials'
  >,
): Promise<BenchSeller> => {
  const accountId = newId()
  await db.withSellerScope(entry, async (scope) => {
    await scope.run(command`
      insert into marketplace_accounts (seller_id, id, marketplace_id, external_account_id, name)
      select ${sellerId}::uuid, ${accountId}::uuid, m.id, ${externalAccountId}, 'Conformance'
      from marketplaces m where m.code = ${marketplace.code}`)
    await writeSatellite(scope, keys, marketplace, accountId, { details, credentials })
  })
  return { sellerId, accountId, entry }
}
