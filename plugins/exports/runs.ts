/** The statements on exports: asked for, looked at, taken up by a job, brought forward, ended. */
import { failure, type MakingTx, type SellerTx } from 'robnu/plugin'
import { z } from 'zod'
import { type Format, formats } from './cells.ts'
import type { Filters } from './pages.ts'
import { type Ask, type Export, type ListQuery, timeOf } from './schemas.ts'
import { type What, whats } from './tables.ts'

/** How far the file is: what lies in its parts, and no more. */
export interface Progress {
  readonly position: readonly string[] | null
  readonly parts: number
  readonly rows: number
  readonly bytes: number
  readonly isRead: boolean
}
/** One that a job writes. */
export interface Run extends Progress {
  readonly id: string
  readonly what: What
  readonly format: Format
  readonly excel: boolean
  readonly filters: Filters
  /** Rows that came later are not in it. */
  readonly before: string
}
export const beginning: Progress = { position: null, parts: 0, rows: 0, bytes: 0, isRead: false }

// drivers give an instant as a Date or as text
const instant = z.union([z.date(), z.string()]).transform((value) => new Date(value).toISOString())
const count = z.coerce.number()
const columns = `id, what, format, excel, from_at, to_at, status, accounts::text[] as accounts,
  case when state = 'DONE' and ends_at <= now() then 'EXPIRED' else state end as state,
  row_count, byte_count, sha256, error, created_at, finished_at, ends_at`
const row = z.object({
  id: z.string(),
  what: z.enum(whats),
  format: z.enum(formats),
  excel: z.boolean(),
  from_at: instant.nullable(),
  to_at: instant.nullable(),
  status: z.string().nullable(),
  accounts: z.array(z.string()).nullable(),
  state: z.enum(['WAITING', 'RUNNING', 'DONE', 'FAILED', 'CANCELLED', 'EXPIRED']),
  row_count: count,
  byte_count: count,
  sha256: z.string().nullable(),
  error: z.string().nullable(),
  created_at: instant,
  finished_at: instant.nullable(),
  ends_at: instant.nullable(),
})
const viewOf = (one: z.infer<typeof row>): Export => {
  const { from_at, to_at, row_count, byte_count, ends_at, ...same } = one
  return {
    ...same,
    ...{ from: from_at, to: to_at, rows: row_count, bytes: byte_count, expires_at: ends_at },
  }
}
export const notFound = (): Error =>
  failure('rejected', 'There is no such export', { code: 'not-found' })

/** So many may be open at a time: each is a file of everything. */
const maxOpen = 20

export const addRun = async (
  tx: MakingTx,
  { what, format, excel, from, to, status }: Ask,
  accounts: readonly string[] | null,
): Promise<Export> => {
  const [{ open } = { open: 0 }] = await tx.any(
    z.object({ open: count }),
    `select count(*) as open from exports_runs
      where seller_id = $1 and state in ('WAITING', 'RUNNING')`,
    [tx.sellerId],
  )
  if (open >= maxOpen) {
    throw failure('rejected', 'Too many exports are open', { code: 'limit-reached' })
  }
  const [made] = await tx.any(
    row,
    `insert into exports_runs
        (seller_id, id, what, format, excel, from_at, to_at, status, accounts)
      values ($1, uuidv7(), $2, $3, $4, $5::timestamptz, $6::timestamptz, $7, $8::uuid[])
      returning ${columns}`,
    [
      ...[tx.sellerId, what, format, excel],
      ...[isoOf(from, false), isoOf(to, true), status ?? null],
      accounts && `{${accounts.join(',')}}`,
    ],
  )
  if (!made) throw new Error('unreachable: it was inserted')
  tx.made(made.id)
  await tx.audit('requested', `export:${made.id}`)
  return viewOf(made)
}
const isoOf = (text: string | undefined, isEnd: boolean): string | null =>
  text === undefined ? null : timeOf(text, isEnd)?.toISOString() ?? null

export const readRun = async (tx: SellerTx, id: string): Promise<Export> => {
  const [found] = await tx.any(
    row,
    `select ${columns} from exports_runs where seller_id = $1 and id = $2`,
    [tx.sellerId, id],
  )
  if (!found) throw notFound()
  return viewOf(found)
}

/** Newest first: the ids are made in the order of time. */
export const listRuns = async (
  tx: SellerTx,
  { cursor, limit }: ListQuery,
): Promise<readonly Export[]> => {
  const rows = await tx.any(
    row,
    `select ${columns} from exports_runs
      where seller_id = $1 and ($2::uuid is null or id < $2::uuid) order by id desc limit $3`,
    [tx.sellerId, cursor ?? null, limit],
  )
  return rows.map(viewOf)
}

/** What has ended stays as it is. */
export const cancelRun = async (tx: SellerTx, id: string): Promise<Export> => {
  const changed = await tx.any(
    z.object({ id: z.string() }),
    `update exports_runs set state = 'CANCELLED', holder = null, finished_at = now()
      where seller_id = $1 and id = $2 and state in ('WAITING', 'RUNNING') returning id`,
    [tx.sellerId, id],
  )
  if (changed.length > 0) await tx.audit('cancelled', `export:${id}`)
  return await readRun(tx, id)
}

const taken = z.object({
  id: z.string(),
  what: z.enum(whats),
  format: z.enum(formats),
  excel: z.boolean(),
  from_at: instant.nullable(),
  to_at: instant.nullable(),
  status: z.string().nullable(),
  accounts: z.array(z.string()).nullable(),
  before: z.string(),
  position: z.array(z.string()).nullable(),
  parts: z.number(),
  row_count: count,
  byte_count: count,
  is_read: z.boolean(),
})

/** Takes the export for this job; whichever had it before changes nothing any more. Null: it is over. */
export const takeRun = async (tx: SellerTx, id: string, holder: string): Promise<Run | null> => {
  const [found] = await tx.any(
    taken,
    `update exports_runs set state = 'RUNNING', holder = $3
      where seller_id = $1 and id = $2 and state in ('WAITING', 'RUNNING')
      returning id, what, format, excel, from_at, to_at, status, accounts::text[] as accounts,
        created_at::text as before, position, parts, row_count, byte_count, is_read`,
    [tx.sellerId, id, holder],
  )
  if (!found) return null
  const { from_at, to_at, status, accounts, row_count, byte_count, is_read, ...same } = found
  const time = (at: string | null): Date | null => at === null ? null : new Date(at)
  return {
    ...same,
    filters: { from: time(from_at), to: time(to_at), status, accounts },
    ...{ rows: row_count, bytes: byte_count, isRead: is_read },
  }
}

/** False: it was cancelled, or another job has it. */
export const keepProgress = async (
  tx: SellerTx,
  { id, holder }: { readonly id: string; readonly holder: string },
  { position, parts, rows, bytes, isRead }: Progress,
): Promise<boolean> => {
  const kept = await tx.any(
    z.object({ id: z.string() }),
    `update exports_runs set position = $4::jsonb, parts = $5, row_count = $6, byte_count = $7,
        is_read = $8, failures = 0, error = null
      where seller_id = $1 and id = $2 and holder = $3 and state = 'RUNNING' returning id`,
    [tx.sellerId, id, holder, position && JSON.stringify(position), parts, rows, bytes, isRead],
  )
  return kept.length > 0
}

export const endRun = async (
  tx: SellerTx,
  { id, holder }: { readonly id: string; readonly holder: string },
  { byteSize, sha256, keepDays }: {
    readonly byteSize: number
    readonly sha256: string
    readonly keepDays: number
  },
): Promise<boolean> => {
  const ended = await tx.any(
    z.object({ id: z.string() }),
    `update exports_runs set state = 'DONE', holder = null, error = null, byte_count = $4,
        sha256 = $5, finished_at = now(), ends_at = now() + $6::int * interval '1 day'
      where seller_id = $1 and id = $2 and holder = $3 and state = 'RUNNING' returning id`,
    [tx.sellerId, id, holder, byteSize, sha256, keepDays],
  )
  return ended.length > 0
}

/** So often in a row without a step forward, and it has failed. */
const maxFailures = 5

/** True: it is tried no more. */
export const noteFailure = async (
  tx: SellerTx,
  { id, holder }: { readonly id: string; readonly holder: string },
): Promise<boolean> => {
  const [noted] = await tx.any(
    z.object({ state: z.string() }),
    `update exports_runs set failures = failures + 1,
        error = case when failures + 1 < $4 then 'A part could not be written and is tried again'
          else 'It could not be written: ask for it again' end,
        state = case when failures + 1 < $4 then state else 'FAILED' end,
        finished_at = case when failures + 1 < $4 then null else now() end
      where seller_id = $1 and id = $2 and holder = $3 and state = 'RUNNING' returning state`,
    [tx.sellerId, id, holder, maxFailures],
  )
  return noted?.state === 'FAILED'
}
