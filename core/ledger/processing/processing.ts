/** Processing as the API asks for it and shows it: batches, their stages, a report for each line. */
import { z } from 'zod'
import { recordAudit } from '../../audit/record.ts'
import type { Database, Entry, MakingScope, SellerScope } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import { fault } from '../../errors.ts'
import { newId } from '../../ids.ts'
import type { ClosurePolicy, ManifestChanges } from '../../plugin.ts'
import type { QueueOf } from '../../queues/layout.ts'
import { requestWork } from '../../queues/work.ts'
import { type AccountLimit, within } from '../../rbac/decide.ts'
import { theRow } from '../account-limit.ts'
import type { Registry } from '../registry.ts'
import type { Upstream } from '../upstream.ts'
import { type ChangeAsk, type OpenManifest, planChanges } from './change-manifest.ts'
import { makeBatch } from './make-batch.ts'
import { type BatchPosition, type BatchView, listBatches, readBatch } from './read-batches.ts'
import { type LinePosition, type LineReport, listLines } from './read-lines.ts'

export interface ProcessingDeps {
  readonly db: Database
  readonly registry: Registry
  readonly queueOf: QueueOf
  readonly upstreamOf: (pluginId: string) => Upstream
  /** Called when something has been put into the outbox. */
  readonly wake: () => void
}
export interface ProcessingAsk {
  readonly accountId: string
  /** Absent: all that are ready. */
  readonly orderIds?: readonly string[]
  readonly closure: ClosurePolicy
  readonly quantities: readonly { readonly order_item_id: string; readonly quantity: number }[]
  readonly accounts: AccountLimit | null
}

export type Processing = ReturnType<typeof createProcessing>

export const createProcessing = (deps: ProcessingDeps) => {
  const { db } = deps
  return {
    /**
     * Makes a batch and asks for its run. Null: the seller has no such account, or it is outside of
     * the limit. Throws `target-unsupported`, `invalid-request`.
     */
    start: async (entry: Entry, ask: ProcessingAsk): Promise<BatchView | null> => {
      const { accountId, orderIds = null, closure, quantities, accounts } = ask
      if (!within(accounts, accountId)) return null
      const id = newId()
      const view = await db.makeInSellerScope(entry, async (scope) => {
        const asked = await askForRun(deps, scope, accountId, id)
        if (!asked) return null
        scope.made(id)
        await makeBatch(scope, {
          ...{ id, accountId, runId: asked.runId, closure, orderIds, closeManifests: [] },
          asked: new Map(quantities.map((line) => [line.order_item_id, line.quantity])),
          now: asked.now,
        })
        recordAudit(scope, scope.sellerId, 'processing.requested', `batch:${id}`, {
          account: accountId,
          chosen: orderIds?.length ?? null,
          closure,
        })
        return await readBatch(scope, id, null)
      })
      deps.wake()
      return view
    },

    /** Null for a batch of an account outside of the limit, as for one that is not there. */
    get: (entry: Entry, id: string, accounts: AccountLimit | null): Promise<BatchView | null> =>
      db.withSellerScope(entry, (scope) => readBatch(scope, id, accounts)),

    /** Newest first. */
    list: (entry: Entry, ask: {
      readonly accountId?: string
      readonly after?: BatchPosition
      readonly limit: number
      readonly accounts: AccountLimit | null
    }) => listBatches(db, entry, ask),

    /** What became of each line, in the order of the batch; null as for `get`. */
    lines: (entry: Entry, id: string, ask: {
      readonly after?: LinePosition
      readonly limit: number
      readonly state?: string
      readonly accounts: AccountLimit | null
    }): Promise<
      { readonly lines: readonly LineReport[]; readonly next: LinePosition | null } | null
    > => db.withSellerScope(entry, (scope) => listLines(scope, id, ask)),

    /**
     * Asks for the closing of an open manifest. Null when there is none. Throws `manifest-closed`,
     * `manifest-empty`.
     */
    closeManifest: async (
      entry: Entry,
      manifestId: string,
      accounts: AccountLimit | null,
    ): Promise<BatchView | null> => {
      const id = newId()
      const view = await db.makeInSellerScope(entry, async (scope) => {
        const manifest = await lockOpen(scope, manifestId, accounts)
        if (!manifest) return null
        if (manifest.shipmentCount === 0) throw fault('manifest-empty')
        const work = { closeManifests: [manifest.externalId] }
        if (!await batchOfManifest(deps, scope, { id, manifest, work })) return null
        recordAudit(scope, scope.sellerId, 'manifest.close-requested', `manifest:${manifestId}`, {
          batch: id,
        })
        return await readBatch(scope, id, null)
      })
      deps.wake()
      return view
    },

    /**
     * Asks for shipments to be put into an open manifest and taken out of it. Null when there is none.
     * Throws `manifest-closed`, and `invalid-request` for a shipment that cannot go.
     */
    changeManifest: async (
      entry: Entry,
      manifestId: string,
      ask: ChangeAsk,
      accounts: AccountLimit | null,
    ): Promise<BatchView | null> => {
      const id = newId()
      const view = await db.makeInSellerScope(entry, async (scope) => {
        const manifest = await lockOpen(scope, manifestId, accounts)
        if (!manifest) return null
        const manifestChanges = await planChanges(scope, manifest, ask)
        const work = { closeManifests: [], manifestChanges }
        if (!await batchOfManifest(deps, scope, { id, manifest, work })) return null
        recordAudit(scope, scope.sellerId, 'manifest.change-requested', `manifest:${manifestId}`, {
          ...{ batch: id, added: ask.add.length, removed: ask.remove.length },
        })
        return await readBatch(scope, id, null)
      })
      deps.wake()
      return view
    },
  }
}

/** Null when there is none. Throws `manifest-closed`. */
const lockOpen = async (
  scope: SellerScope,
  id: string,
  accounts: AccountLimit | null,
): Promise<OpenManifest | null> => {
  const row = await scope.maybeOne(sql.type(manifestRow)`
    select marketplace_account_id, external_manifest_id, state, shipment_count, closure
    from manifests where ${theRow(scope.sellerId, id, accounts)} for update`)
  if (!row) return null
  if (row.state === 'CLOSED') throw fault('manifest-closed')
  return {
    ...{ id, accountId: row.marketplace_account_id, externalId: row.external_manifest_id },
    ...{ shipmentCount: row.shipment_count, closure: row.closure },
  }
}
const manifestRow = z.object({
  marketplace_account_id: z.string(),
  external_manifest_id: z.string(),
  state: z.enum(['OPEN', 'CLOSED']),
  shipment_count: z.number(),
  closure: z.enum(['IMMEDIATE', 'DELAYED', 'MANUAL']),
})

/** A batch without orders. False where the account is gone. */
const batchOfManifest = async (
  deps: ProcessingDeps,
  scope: MakingScope,
  { id, manifest: { accountId, closure }, work }: {
    readonly id: string
    readonly manifest: OpenManifest
    readonly work: {
      readonly closeManifests: readonly string[]
      readonly manifestChanges?: ManifestChanges
    }
  },
): Promise<boolean> => {
  const asked = await askForRun(deps, scope, accountId, id)
  if (!asked) return false
  scope.made(id)
  await makeBatch(scope, {
    ...{ id, accountId, runId: asked.runId, closure, orderIds: [], asked: new Map() },
    ...{ ...work, now: asked.now },
  })
  return true
}

/** Null when there is no such account. */
const askForRun = async (
  { registry, queueOf, upstreamOf }: ProcessingDeps,
  scope: SellerScope,
  accountId: string,
  batchId: string,
): Promise<{ readonly runId: string; readonly now: Date } | null> => {
  const account = await scope.maybeOne(sql.type(z.object({ code: z.string() }))`
    select m.code from marketplace_accounts a join marketplaces m on m.id = a.marketplace_id
    where a.seller_id = ${scope.sellerId} and a.id = ${accountId}`)
  if (!account) return null
  const marketplace = registry.find(account.code)
  if (!marketplace) throw fault('marketplace-unknown')
  if (!marketplace.adapter.fullProcessing) throw fault('target-unsupported')
  const asked = await requestWork(scope, {
    ...{ sellerId: scope.sellerId, accountId, target: 'PROCESSING', reason: 'manual' },
    ...{ queue: queueOf('PROCESSING', marketplace.id), lane: `batch:${batchId}` },
  })
  return asked && { runId: asked.runId, now: upstreamOf(marketplace.id).now() }
}
