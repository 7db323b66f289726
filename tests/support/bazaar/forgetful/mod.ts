/** Forgetful: a plugin whose SQL never says which seller it is for, as a careless author's might. */
import { API, definePlugin } from 'robnu/plugin'
import { z } from 'zod'

const Row = z.object({ row: z.record(z.string(), z.unknown()) })

export default definePlugin({
  id: 'forgetful',
  api: API,
  version: '1.0.0',
  needs: ['bazaar'],
  permissions: { 'forgetful:read': ['OWNER', 'ADMIN', 'OPERATOR', 'FINANCE', 'VIEWER'] },
  routes: [
    {
      method: 'get',
      path: '/forgetful/{table}',
      permission: 'forgetful:read',
      summary: 'Whatever rows of a table there are',
      params: z.object({ table: z.string().regex(/^[a-z_]{1,40}$/) }),
      answer: z.object({ data: z.array(Row) }),
      handle: async ({ params }, ctx) => {
        const { table } = params as { table: string }
        const rows = await ctx.scope((tx) =>
          tx.any(Row, `select to_jsonb(t) as row from ${table} t limit 25`)
        )
        return { data: rows }
      },
    },
  ],
})
