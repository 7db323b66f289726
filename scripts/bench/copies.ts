/** The same ready rows by COPY, and row by row: what the ingest is measured against. */
import type { Buffer } from 'node:buffer'
import pg from 'pg'
import { copyIn, copyOut } from './copy.ts'
import type { LabDatabase } from './lab.ts'

/** Everything that an ingest writes to, in the order of its foreign keys. */
const tables = [
  'job_runs',
  'orders',
  'order_items',
  'sync_cursors',
  'audit_events',
  'outbox',
] as const
type Table = typeof tables[number]

const formats = ['binary', 'text'] as const
export type Format = typeof formats[number]
export const ways = [...formats, 'ready rows'] as const
export type Way = typeof ways[number]
/** Each way fills tables of its own, so that all of them grow like those of the ingest. */
const schemaOf = (way: Way): string => `by_${way.replaceAll(' ', '_')}`

/** With the same indexes and constraints; without row security and triggers. */
export const makeCopies = (lab: LabDatabase): Promise<void> =>
  lab.asSuperuser(async (sql) => {
    for (const way of ways) {
      const schema = schemaOf(way)
      await sql.unsafe(`create schema ${schema}`)
      for (const table of tables) {
        await sql.unsafe(`create table ${schema}.${table} (like public.${table} including all)`)
        await sql.unsafe(unvacuumed(`${schema}.${table}`))
      }
      for (const [table, key] of foreignKeys) {
        await sql.unsafe(`alter table ${schema}.${table} add ${key.replaceAll('$', `${schema}.`)}`)
      }
    }
    // a vacuum in the middle of a round would slow one side down
    for (const table of tables) await sql.unsafe(unvacuumed(`public.${table}`))
  })

const unvacuumed = (table: string): string => `alter table ${table} set (autovacuum_enabled = off)`

const account = `foreign key (seller_id, marketplace_account_id)
  references public.marketplace_accounts (seller_id, id)`
const foreignKeys: readonly (readonly [Table, string])[] = [
  ['job_runs', account],
  ['orders', account],
  ['orders', 'foreign key (seller_id, job_run_id) references $job_runs (seller_id, id)'],
  ['order_items', 'foreign key (seller_id, order_id) references $orders (seller_id, id)'],
  ['sync_cursors', account],
  ['audit_events', 'foreign key (seller_id) references public.sellers (id)'],
  ['outbox', 'foreign key (seller_id) references public.sellers (id)'],
]

/** Seconds for the rows of one seller, just as the ingest has left them. */
export const measureCopies = async (
  lab: LabDatabase,
  sellerId: string,
): Promise<Readonly<Record<Way, number>>> => ({
  binary: await copyRows(lab, 'binary', sellerId),
  text: await copyRows(lab, 'text', sellerId),
  'ready rows': await insertRows(lab, sellerId),
})

/** One COPY for each table in one transaction, from bytes that lie ready. */
const copyRows = (lab: LabDatabase, format: Format, sellerId: string): Promise<number> =>
  withClient(lab, async (client) => {
    const ready = []
    for (const table of tables) {
      const out = `copy (${rowsOf(table, sellerId)}) to stdout (format ${format})`
      const copy = `copy ${schemaOf(format)}.${table} from stdin (format ${format})`
      ready.push({ copy, bytes: await copyOut(client, out) })
    }
    const began = performance.now()
    await client.query('begin')
    for (const { copy, bytes } of ready) await copyIn(client, copy, bytes)
    await client.query('commit')
    return (performance.now() - began) / 1000
  })

/** Awaited one by one, prepared, in one transaction. */
const insertRows = (lab: LabDatabase, sellerId: string): Promise<number> =>
  withClient(lab, async (client) => {
    const ready = []
    for (const table of tables) {
      const { rows, fields } = await client.query<(string | Buffer | null)[]>({
        text: rowsOf(table, sellerId),
        rowMode: 'array',
      })
      const marks = fields.map((_, at) => `$${at + 1}`).join(', ')
      const name = `${schemaOf('ready rows')}.${table}`
      ready.push({ rows, name, text: `insert into ${name} values (${marks})` })
    }
    const began = performance.now()
    await client.query('begin')
    for (const { rows, name, text } of ready) {
      for (const values of rows) await client.query({ name, text, values })
    }
    await client.query('commit')
    return (performance.now() - began) / 1000
  })

const withClient = async <T>(
  lab: LabDatabase,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> => {
  const client = new pg.Client({ connectionString: lab.superuserUrl, types: asText })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

const rowsOf = (table: Table, sellerId: string): string =>
  `select * from public.${table} where seller_id = '${sellerId}' order by ctid`

/** Values go in as they came out: nothing is spent on making dates and numbers of them. */
const asText = {
  getTypeParser: (oid: number) =>
    oid === pg.types.builtins.BYTEA
      ? pg.types.getTypeParser(oid, 'text')
      : (value: string) => value,
}
