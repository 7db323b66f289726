/** Sellers with one signed-in user, one account and one leased run: whatever a scope is opened for. */
import { z } from 'zod'
import type { Database, Entry } from '#core/db/database.ts'
import { command, sql } from '#core/db/sql.ts'
import { newId } from '#core/ids.ts'
import { claimWork, requestWork } from '#core/queues/work.ts'
import type { LabDatabase } from './lab.ts'

export const marketplaceCode = 'BAZAAR'
export const accountSyncQueue = 'account-sync'

export interface BenchSeller {
  readonly sellerId: string
  readonly userId: string
  readonly sessionId: string
  readonly authzVersion: string
  readonly accountId: string
  /** Of the session. */
  readonly entry: Entry
}
export interface LeasedRun {
  readonly runId: string
  /** Of the work item. */
  readonly entry: Entry
}

export const makeSeller = async (db: Database, lab: LabDatabase): Promise<BenchSeller> => {
  const [sellerId, identityId, userId, accountId, sessionId] = //
    [newId(), newId(), newId(), newId(), newId()]
  await lab.asSuperuser(async (admin) => {
    const orgId = newId()
    await admin`insert into orgs (id, name) values (${orgId}, 'Bench')`
    await admin`
      insert into sellers (id, org_id, name) values (${sellerId}, ${orgId}, ${`Shop ${sellerId}`})`
    await admin`
      insert into identities (id, email, password_hash)
      values (${identityId}, ${`${identityId}@example.invalid`}, 'none')`
    await admin`
      insert into seller_users (seller_id, id, identity_id, role)
      values (${sellerId}, ${userId}, ${identityId}, 'OWNER')`
    await admin`
      insert into marketplaces (id, code, name, plugin_id)
      values (${newId()}, ${marketplaceCode}, 'Bazaar', 'bazaar') on conflict do nothing`
    await admin`
      insert into marketplace_accounts (seller_id, id, marketplace_id, external_account_id, name)
      select ${sellerId}, ${accountId}, m.id, ${accountId}, 'Bench'
      from marketplaces m where m.code = ${marketplaceCode}`
  })
  const expires = new Date(Date.now() + 86_400_000).toISOString()
  const { authz_version } = await db.gate.one(sql.type(z.object({ authz_version: z.string() }))`
    select authz_version from auth_open_session(${identityId}, null, ${sessionId}, ${expires})`)
  return {
    sellerId,
    userId,
    sessionId,
    accountId,
    authzVersion: authz_version,
    entry: { sellerId, kind: 'session', ref: `${sessionId}/${authz_version}` },
  }
}

/** A run of the seller's account, leased for longer than any benchmark takes. */
export const leaseRun = async (
  db: Database,
  lab: LabDatabase,
  { sellerId, accountId, entry }: BenchSeller,
): Promise<LeasedRun> => {
  const asked = await db.withSellerScope(entry, (scope) =>
    requestWork(scope, {
      sellerId,
      accountId,
      target: 'ORDERS',
      reason: 'manual',
      queue: accountSyncQueue,
    }))
  if (!asked) throw new Error('The account that was just made is not there')
  const { runId } = asked
  const [item] = await lab.asSuperuser((admin) =>
    admin<{ id: string }[]>`select id from work_items where job_run_id = ${runId}`
  )
  const work = await claimWork(db, { sellerId, itemId: item?.id ?? '', leaseMs: 86_400_000 })
  if (!work?.claimed) throw new Error('The work item that was just made cannot be leased')
  await db.withSellerScope(work.entry, (scope) =>
    scope.run(command`
      update job_runs set state = 'RUNNING', started_at = now()
      where seller_id = ${sellerId} and id = ${runId}`))
  return { runId, entry: work.entry }
}
