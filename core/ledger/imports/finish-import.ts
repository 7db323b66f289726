/** How a slice of an import ends; with the import, nothing refers to its file any more. */
import { z } from 'zod'
import type { Database, SellerScope } from '../../db/database.ts'
import { command, sql } from '../../db/sql.ts'
import { finishWork, type LeasedWork } from '../../queues/work.ts'
import { dropObjects } from '../../storage/rows.ts'
import type { SliceEnd } from '../run-finish.ts'

/** Unlike a sync it has asked no marketplace, so it says nothing about the account's health. */
export const finishImport = (db: Database, work: LeasedWork, end: SliceEnd): Promise<void> =>
  db.withSellerScope(work.entry, async (scope) => {
    const { itemId, lease, queue } = work
    if (end.end === 'again') {
      const { end: _, ...again } = end
      await finishWork(scope, { itemId, lease, state: 'WAITING', queue, ...again })
      return
    }
    const failed = end.end === 'failed' ? end : undefined
    await scope.run(command`
      update job_runs set state = ${failed ? 'FAILED' : 'SUCCEEDED'}, finished_at = now(),
        failure_kind = ${failed?.kind ?? null}, failure_message = ${failed?.message ?? null}
      where seller_id = ${scope.sellerId} and id = ${work.runId}`)
    await dropFile(scope, work.runId)
    await finishWork(scope, {
      ...{ itemId, lease, state: failed ? 'FAILED' as const : 'DONE' as const },
      ...(failed ? { error: `${failed.kind}: ${failed.message}` } : {}),
    })
  })

/** It may hold buyers' data: the sweep of the storage removes it, when it is a day old. */
const dropFile = async (scope: SellerScope, runId: string): Promise<void> => {
  const rows = await scope.any(sql.type(droppedRow)`
    update imports set storage_object_id = null, updated_at = now()
    where seller_id = ${scope.sellerId} and job_run_id = ${runId} and storage_object_id is not null
    returning old.storage_object_id as id`)
  await dropObjects(scope, rows.map(({ id }) => id))
}
const droppedRow = z.object({ id: z.string() })
