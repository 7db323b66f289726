/** Asks for the closing of delayed manifests, shortly before the cut-off of their accounts. */
import { z } from 'zod'
import type { Database } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import type { QueueOf } from '../../queues/layout.ts'
import { requestWork } from '../../queues/work.ts'
import type { Registry } from '../registry.ts'
import type { Upstream } from '../upstream.ts'
import { dueLane } from './run-batch.ts'

/** How many accounts were asked for. Asked again, what waits is joined. */
export const sweepManifests = async ({ db, registry, queueOf, upstreamOf }: {
  readonly db: Pick<Database, 'withPlatformScope'>
  readonly registry: Registry
  readonly queueOf: QueueOf
  readonly upstreamOf: (pluginId: string) => Upstream
}): Promise<number> => {
  let asked = 0
  for (const marketplace of registry.all) {
    if (!marketplace.adapter.fullProcessing) continue
    // each marketplace has a clock of its own
    const now = upstreamOf(marketplace.id).now().toISOString()
    asked += await db.withPlatformScope('manifest-sweep', async (tx) => {
      const due = await tx.any(sql.type(dueRow)`
        select distinct x.seller_id, x.marketplace_account_id
        from manifests x
        join marketplace_accounts a
          on a.seller_id = x.seller_id and a.id = x.marketplace_account_id
        join marketplaces m on m.id = a.marketplace_id and m.code = ${marketplace.code}
        where x.state = 'OPEN' and x.close_at <= ${now}::timestamptz and x.shipment_count > 0`)
      for (const { seller_id: sellerId, marketplace_account_id: accountId } of due) {
        await requestWork(tx, {
          ...{ sellerId, accountId, target: 'PROCESSING', reason: 'schedule' },
          ...{ queue: queueOf('PROCESSING', marketplace.id), lane: `batch:${dueLane}` },
        })
      }
      return due.length
    })
  }
  return asked
}
const dueRow = z.object({ seller_id: z.string(), marketplace_account_id: z.string() })
