/** A seller's keys as the API shows them, and how walks over what they sealed are asked for. */
import { recordAudit } from '../../audit/record.ts'
import { type KeyView, listKeyViews } from '../../crypto/key-views.ts'
import type { Database, Entry, Tx } from '../../db/database.ts'
import { newId } from '../../ids.ts'
import { requestSellerJob } from '../../queues/seller-jobs.ts'
import { insertWalk, listWalks, readWalk, type Walk, type WalkKind } from './walk-rows.ts'

export interface RotationView {
  readonly id: string
  readonly state: Walk['state']
  readonly reason: string
  readonly from_version: number | null
  readonly to_version: number | null
  /** Passes begun; the second one looks whether anything was left. */
  readonly passes: number
  readonly opened: number
  readonly resealed: number
  /** Values that do not open, wherever they were sealed; the first of them are named. */
  readonly unreadable: number
  readonly faults: Walk['faults']
  readonly failure: string | null
  readonly created_at: Date
  readonly started_at: Date | null
  readonly ended_at: Date | null
}
export interface KeyWalks {
  readonly list: (entry: Entry) => Promise<readonly KeyView[]>
  /** A rotation that is not over is joined. */
  readonly rotate: (entry: Entry, ask: { readonly reason: string }) => Promise<RotationView>
  /** Newest first. */
  readonly rotations: (entry: Entry, limit: number) => Promise<readonly RotationView[]>
  readonly rotation: (entry: Entry, id: string) => Promise<RotationView | null>
}

export const createKeyWalks = (
  { db, wake }: { readonly db: Database; readonly wake: () => void },
): KeyWalks => ({
  list: (entry) => listKeyViews(db.inSellerScope(entry), entry.sellerId),
  rotate: async (entry, { reason }) => {
    const rotation = await db.makeInSellerScope(entry, async (scope) => {
      const { id } = await requestWalk(scope, { sellerId: entry.sellerId, kind: 'ROTATE', reason })
      scope.made(id)
      return await readWalk(scope, entry.sellerId, id)
    })
    wake()
    if (rotation === null) throw new Error('unreachable: it was stored in this transaction')
    return viewOf(rotation)
  },
  rotations: async (entry, limit) => {
    const ask = { kind: 'ROTATE', limit } as const
    return (await listWalks(db.inSellerScope(entry), entry.sellerId, ask)).map(viewOf)
  },
  rotation: async (entry, id) => {
    const walk = await readWalk(db.inSellerScope(entry), entry.sellerId, id)
    return walk?.kind === 'ROTATE' ? viewOf(walk) : null
  },
})

/**
 * Asks for a walk, or joins the open one of its kind; its work is asked for in any case, so that one whose
 * work was given up goes on. In the seller's scope, or in platform scope. `below` of a PRUNE: keys of a
 * lower version are destroyed, when nothing lies under them.
 */
export const requestWalk = async (
  tx: Tx,
  ask: {
    readonly sellerId: string
    readonly kind: WalkKind
    readonly reason: string
    readonly by?: string
    readonly oneIn?: number
    readonly below?: number
  },
): Promise<{ readonly id: string; readonly created: boolean }> => {
  const { sellerId, kind, reason, by } = ask
  const { id, created } = await insertWalk(tx, { ...ask, id: newId() })
  await requestSellerJob(tx, { sellerId, job: 'rotate-keys' })
  // who joins one changes nothing
  if (created) {
    recordAudit(tx, sellerId, 'key-walk.requested', `key-walk:${id}`, {
      ...{ kind, reason },
      ...by === undefined ? {} : { by },
    })
  }
  return { id, created }
}

const viewOf = (walk: Walk): RotationView => {
  const { id, state, reason, from_version, to_version, pass, opened, resealed } = walk
  const { unreadable, faults, failure, created_at, started_at, ended_at } = walk
  return {
    ...{ id, state, reason, from_version, to_version, passes: pass, opened, resealed },
    ...{ unreadable, faults, failure, created_at, started_at, ended_at },
  }
}
