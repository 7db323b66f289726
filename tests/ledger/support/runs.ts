/** Runs and their slices, as a worker drives them, without queues and without waiting. */
import { z } from 'zod'
import { sql } from '../../../core/db/sql.ts'
import { syncAccount, type SyncDeps } from '../../../core/ledger/run-sync.ts'
import { readRun, type RunView } from '../../../core/ledger/runs.ts'
import type { Target } from '../../../core/plugin.ts'
import { claimWork, type LeasedWork, requestWork } from '../../../core/queues/work.ts'
import type { TestSeller } from '../../support/database.ts'
import type { World } from '../../support/bazaar/world.ts'

export interface Asked {
  readonly seller: TestSeller
  readonly accountId: string
  readonly runId: string
  readonly itemId: string
}
export interface Item {
  readonly state: string
  readonly attempts: number
  /** Why it went back, or failed. */
  readonly lastError: string | null
  /** From now on, in real milliseconds. */
  readonly dueInMs: number
}

/** A run that waits for its worker. */
export const askForRun = async (
  { fresh }: World,
  seller: TestSeller,
  accountId: string,
  window?: { readonly from: Date; readonly to: Date },
  target: Target = 'ORDERS',
): Promise<Asked> => {
  const asked = await fresh.db.withSellerScope(seller.entry, (scope) =>
    requestWork(scope, {
      ...{ sellerId: seller.sellerId, accountId, target, reason: 'manual' },
      queue: 'account-sync',
      ...(window ? { window } : {}),
    }))
  if (!asked) throw new Error('The seller has no such account')
  const [item] = await fresh.asSuperuser((admin) =>
    admin<{ id: string }[]>`select id from work_items where job_run_id = ${asked.runId}`
  )
  if (!item) throw new Error('The run has no work item')
  return { seller, accountId, runId: asked.runId, itemId: item.id }
}

/**
 * Takes the item, whenever it is due. The marketplace answers its other accounts meanwhile, so that its
 * breaker is closed; with `isAlone` it does not, and the item is the probe of an open one.
 */
export const lease = async (
  { fresh }: World,
  { seller, itemId }: Asked,
  leaseMs = 60_000,
  isAlone = false,
): Promise<LeasedWork> => {
  await fresh.asSuperuser(async (admin) => {
    await admin`
      update work_items set not_before = now(), lease_until = now() where id = ${itemId}`
    if (isAlone) await admin`update breakers set probe_at = now() where opened_at is not null`
    else await admin`update breakers set failures = 0, opened_at = null, probe_at = null`
  })
  const claim = await claimWork(fresh.db, { sellerId: seller.sellerId, itemId, leaseMs })
  if (!claim?.claimed || claim.target === 'JOB') throw new Error('The work item cannot be leased')
  return claim
}

const never = new AbortController().signal

/** One slice; resolves as `syncAccount` does. */
export const runSlice = async (
  world: World,
  asked: Asked,
  changes: Partial<SyncDeps> = {},
  { isAlone, ...signals }: {
    readonly signal?: AbortSignal
    readonly draining?: AbortSignal
    readonly isAlone?: boolean
  } = {},
): Promise<Item> => {
  const work = await lease(world, asked, undefined, isAlone)
  await syncAccount({ ...world.deps, ...changes }, work, {
    signal: never,
    draining: never,
    ...signals,
  })
  return await itemOf(world, asked)
}

/** A slice after the other until the item is closed; throws when that takes too many. */
export const runToEnd = async (
  world: World,
  asked: Asked,
  changes: Partial<SyncDeps> = {},
  most = 30,
): Promise<RunView> => {
  for (let slice = 0; slice < most; slice++) {
    const { state } = await runSlice(world, asked, changes)
    if (state !== 'WAITING') return await runOf(world, asked)
  }
  throw new Error(`The run has not ended after ${most} slices`)
}

/** From asking to the end. */
export const sync = async (
  world: World,
  seller: TestSeller,
  accountId: string,
  changes: Partial<SyncDeps> = {},
): Promise<RunView> => await runToEnd(world, await askForRun(world, seller, accountId), changes)

export const runOf = async ({ fresh }: World, { seller, runId }: Asked): Promise<RunView> => {
  const run = await readRun(fresh.db.inSellerScope(seller.entry), runId)
  if (!run) throw new Error('There is no such run')
  return run
}

export const itemOf = async ({ fresh }: World, { itemId }: Asked): Promise<Item> => {
  const [item] = await fresh.asSuperuser((admin) =>
    admin<{ state: string; attempts: number; last_error: string | null; due: number }[]>`
      select state, attempts, last_error,
        extract(epoch from not_before - clock_timestamp())::float8 * 1000 as due
      from work_items where id = ${itemId}`
  )
  if (!item) throw new Error('There is no such work item')
  const { state, attempts, last_error: lastError, due: dueInMs } = item
  return { state, attempts, lastError, dueInMs }
}

/** What the ledger holds of one account, counted as the superuser. */
export const stored = async ({ fresh }: World, accountId: string) => {
  const [row] = await fresh.asSuperuser((admin) =>
    admin<{ orders: number; items: number; total_paise: number }[]>`
      select count(*)::int as orders, coalesce(sum(item_count), 0)::int as items,
        coalesce(sum(total_paise), 0)::float8 as total_paise
      from orders where marketplace_account_id = ${accountId}`
  )
  if (!row) throw new Error('unreachable')
  return { ...row }
}

/** The row versions of an account's orders and their lines: a write makes a new one. */
export const versions = async ({ fresh }: World, accountId: string) => {
  const rows = await fresh.asSuperuser((admin) =>
    admin`
      select id, xmin::text from orders where marketplace_account_id = ${accountId}
      union all
      select i.id, i.xmin::text from order_items i join orders o on o.id = i.order_id
      where o.marketplace_account_id = ${accountId}
      order by id`
  )
  return rows.map((row) => ({ ...row }))
}

const scalar = z.object({ n: z.number() })
export const countIn = async (
  { fresh }: World,
  seller: TestSeller,
  table: 'audit_events' | 'decrypt_ledger' | 'marketplace_credential_events' | 'orders',
): Promise<number> => {
  const scope = fresh.db.inSellerScope(seller.entry)
  const { n } = await scope.one(sql.type(scalar)`
    select count(*)::int as n from ${sql.identifier([table])}`)
  return n
}
