/** Tally: a product surface of one route, that counts a seller's orders by their state. */
import { API, definePlugin } from 'robnu/plugin'
import { z } from 'zod'

const Count = z.object({ state: z.string(), orders: z.number().int() })

export default definePlugin({
  id: 'tally',
  api: API,
  version: '1.0.0',
  needs: ['bazaar'],
  permissions: { 'tally:read': ['OWNER', 'ADMIN', 'FINANCE'] },
  routes: [
    {
      method: 'get',
      path: '/tally',
      permission: 'tally:read',
      summary: "Counts the seller's orders by their state",
      answer: z.object({ data: z.array(Count) }),
      handle: async (_input, ctx) => ({
        data: await ctx.scope((tx) =>
          tx.any(
            Count,
            `select status as state, count(*)::int as orders from orders
              where seller_id = $1 group by status order by status`,
            [tx.sellerId],
          )
        ),
      }),
    },
  ],
})
