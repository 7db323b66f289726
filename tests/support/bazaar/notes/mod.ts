/** Notes: a product surface with a table, a queue, a sweep and routes, to be run at either level of trust. */
import { API, definePlugin, type JobContext } from 'robnu/plugin'
import { z } from 'zod'

const Line = z.object({ id: z.uuid(), text: z.string() })
const NewLine = z.object({ text: z.string().max(200) })
const Later = z.object({ id: z.uuid(), text: z.string() })

const read = async (id: string, ctx: JobContext) => {
  const [line] = await ctx.scope((tx) =>
    tx.any(Line, 'select id, text from notes_lines where seller_id = $1 and id = $2', [
      tx.sellerId,
      id,
    ])
  )
  if (!line) throw new Error('The line is gone')
  return line
}

export default definePlugin({
  id: 'notes',
  api: API,
  version: '1.0.0',
  migrations: [{ id: 1, sql: new URL('./migrations/0001_lines.sql', import.meta.url) }],
  tables: ['notes_lines'],
  permissions: { 'notes:read': ['OWNER', 'ADMIN'], 'notes:write': ['OWNER'] },
  queues: [{ name: 'notes-later', kind: 'fifo' }],
  consumers: [
    {
      queue: 'notes-later',
      body: Later,
      handle: async ({ id, text }: z.infer<typeof Later>, ctx: JobContext) => {
        await ctx.make(async (tx) => {
          await tx.any(
            z.unknown(),
            'insert into notes_lines (seller_id, id, text) values ($1, $2, $3)',
            [tx.sellerId, id, `${text} of ${ctx.key}`],
          )
          await tx.audit('line.written', `line:${id}`)
        })
      },
    },
  ],
  routes: [
    {
      method: 'get',
      path: '/notes',
      permission: 'notes:read',
      summary: "The seller's lines, and how many orders there are",
      answer: z.object({ lines: z.array(Line), orders: z.number().int() }),
      handle: (_input, ctx) =>
        ctx.scope(async (tx) => {
          const count = z.object({ n: z.number() })
          const [{ n } = { n: 0 }] = await tx.any(count, 'select count(id)::int as n from orders')
          return {
            lines: await tx.any(Line, 'select id, text from notes_lines order by text'),
            orders: n,
          }
        }),
    },
    {
      method: 'post',
      path: '/notes',
      permission: 'notes:write',
      summary: 'Writes a line, and one more later',
      body: NewLine,
      answer: Line,
      handle: async ({ body }, ctx) => {
        const { text } = body as z.infer<typeof NewLine>
        const id = crypto.randomUUID()
        await ctx.make(async (tx) => {
          await tx.any(
            z.unknown(),
            'insert into notes_lines (seller_id, id, text) values ($1, $2, $3)',
            [tx.sellerId, id, text],
          )
          await tx.send('notes-later', { id: crypto.randomUUID(), text })
          await tx.audit('line.written', `line:${id}`)
          tx.made(id)
        })
        return { id, text }
      },
      replay: read,
    },
  ],
})
