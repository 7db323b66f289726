/** Exports: rows of the ledger as a file of the seller's, csv or lines of JSON. */
import { API, definePlugin, failure, type JobContext } from 'robnu/plugin'
import { accountsFor, mayGet, reachOf } from './asked.ts'
import { addRun, cancelRun, listRuns, notFound, readRun } from './runs.ts'
import { Ask, ById, Config, Export, ExportList, Link, ListQuery } from './schemas.ts'
import { Job, queue, writeExport } from './write.ts'

/** Long enough to begin a download: one that has begun goes on. */
const linkSeconds = 300

/** Of India. */
const dayOf = (at: string): string =>
  new Date(Date.parse(at) + 5.5 * 3_600_000).toISOString().slice(0, 10)

/** As if it were not there, for whoever may not read what it holds. */
const findExport = async (id: string, ctx: JobContext): Promise<Export> => {
  const found = await ctx.scope((tx) => readRun(tx, id))
  if (!await mayGet(found, ctx)) throw notFound()
  return found
}

export default definePlugin({
  id: 'exports',
  api: API,
  version: '1.0.0',
  config: Config,
  migrations: [{ id: 1, sql: new URL('./migrations/0001_runs.sql', import.meta.url) }],
  tables: ['exports_runs'],
  permissions: {
    'exports:create': ['OWNER', 'ADMIN', 'FINANCE'],
    'exports:read': ['OWNER', 'ADMIN', 'FINANCE'],
  },
  queues: [{ name: queue, kind: 'fifo' }],
  consumers: [{ queue, body: Job, handle: writeExport }],
  routes: [
    {
      method: 'post',
      path: '/exports',
      permission: 'exports:create',
      summary: 'Asks for a file of rows; buyers are not in it',
      body: Ask,
      answer: Export,
      handle: async ({ body }, ctx) => {
        const reach = await reachOf(body.what, ctx)
        return await ctx.make(async (tx) => {
          const made = await addRun(tx, body, await accountsFor(tx, body, reach))
          await tx.send(queue, { id: made.id })
          return made
        })
      },
      replay: (id, ctx) => ctx.scope((tx) => readRun(tx, id)),
    },
    {
      method: 'get',
      path: '/exports',
      permission: 'exports:read',
      summary: 'Lists exports, the newest first',
      query: ListQuery,
      answer: ExportList,
      handle: async ({ query }, ctx) => {
        const rows = await ctx.scope((tx) => listRuns(tx, query))
        const shown = await Promise.all(rows.map((one) => mayGet(one, ctx)))
        const next = rows.length < query.limit ? null : rows.at(-1)?.id ?? null
        return { data: rows.filter((_, i) => shown[i]), page: { next } }
      },
    },
    {
      method: 'get',
      path: '/exports/{id}',
      permission: 'exports:read',
      summary: 'How far an export is',
      params: ById,
      answer: Export,
      handle: ({ params }, ctx) => findExport(params.id, ctx),
    },
    {
      method: 'get',
      path: '/exports/{id}/link',
      permission: 'exports:read',
      summary: 'An address to download the file from, once it is done',
      params: ById,
      answer: Link,
      handle: async ({ params: { id } }, ctx) => {
        const { what, format, state, created_at, bytes, sha256 } = await findExport(id, ctx)
        if (state !== 'DONE' || sha256 === null) throw noFile()
        const file_name = `${what}-${dayOf(created_at)}-${id.slice(-8)}.${format}`
        const url = await ctx.files.url(id, { fileName: file_name, seconds: linkSeconds })
        await ctx.scope((tx) => tx.audit('link-given', `export:${id}`))
        const expires_at = new Date(ctx.now().getTime() + linkSeconds * 1000).toISOString()
        return { url, expires_at, file_name, bytes, sha256 }
      },
    },
    {
      method: 'post',
      path: '/exports/{id}/cancel',
      permission: 'exports:create',
      summary: 'Gives an export up; one that is done stays',
      params: ById,
      answer: Export,
      handle: async ({ params: { id } }, ctx) => {
        await findExport(id, ctx)
        const after = await ctx.scope((tx) => cancelRun(tx, id))
        if (after.state === 'CANCELLED') await ctx.files.remove(id)
        return after
      },
    },
  ],
})

const noFile = (): Error =>
  failure('rejected', 'The export is not done, or its file has been let go', { code: 'not-found' })
