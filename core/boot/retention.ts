/** Retention put together: the sweep that asks for it, and the report of what was erased. */
import type { Services } from '../http/services.ts'
import type { Database } from '../db/database.ts'
import { sweepRetention } from '../ledger/retention/look.ts'
import { createErasures } from '../ledger/retention/read-erasures.ts'
import type { RetentionDeps } from '../ledger/retention/run-retention.ts'

export const retentionServices = (
  { db }: { readonly db: Database },
): Pick<Services, 'erasures'> => ({ erasures: createErasures(db) })

/** Every hour: what a day of trouble left is made up for before the last day of a buyer is over. */
export const retentionSweep = (
  house: Pick<RetentionDeps, 'upstreamOf' | 'now' | 'config' | 'log'> & {
    readonly db: Database
    readonly wake: () => void
  },
) => ({
  id: 'retention-sweep',
  cron: '17 * * * *',
  run: async () => {
    const sellers = await sweepRetention(house)
    if (sellers > 0) house.wake()
    house.log.info('sweep.retention', { sellers })
  },
})
