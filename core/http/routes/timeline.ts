/** What happened to one order, and who told of it. */
import { fault } from '../../errors.ts'
import type { Timelines } from '../../ledger/read-timeline.ts'
import { Timeline, timelineExample } from '../ledger-schemas.ts'
import { type Route, route } from '../route.ts'
import { IdParams } from '../schemas.ts'

export const timelineRoutes = (timelines: Timelines): readonly Route[] => [
  route({
    method: 'get',
    path: '/v1/orders/{id}/timeline',
    permission: 'orders:read',
    limitsAccounts: true,
    tag: 'Orders',
    summary: 'Read what happened to an order, its parcels and its returns, oldest first',
    params: IdParams,
    answer: Timeline,
    examples: { answer: timelineExample },
    handle: async ({ params: { id } }, { entry, accounts }) => {
      const data = await timelines.get(entry, id, accounts)
      if (data === null) throw fault('not-found')
      return { data }
    },
  }),
]
