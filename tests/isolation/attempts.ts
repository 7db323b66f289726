/** What these tests do over and over: run statements in a scope, and say how they were refused. */
import { inject } from 'vitest'
import { z } from 'zod'
import type { Database, Entry, Queries } from '../../core/db/database.ts'
import { type Operations, withOperations } from '../../core/db/operations.ts'
import { sqlState } from '../../core/db/scope.ts'
import { plainStatement, sql, type Statement } from '../../core/db/sql.ts'
import { isFault } from '../../core/errors.ts'
import { claimWork, type LeasedWork, requestWork } from '../../core/queues/work.ts'
import type { FreshDatabase, TestSeller } from '../support/database.ts'

/** How it ended: `accepted`, the code of a fault, an SQLSTATE, or the message of another error. */
export const outcomeOf = async (work: () => Promise<unknown>): Promise<string> => {
  try {
    await work()
    return 'accepted'
  } catch (error) {
    return isFault(error) ? error.code : sqlState(error) ?? String(error)
  }
}

/** What an error of the database tells its caller. */
export const errorOf = async (
  work: () => Promise<unknown>,
): Promise<Readonly<Record<string, unknown>>> => {
  try {
    await work()
  } catch (error) {
    const { code, message, detail, constraint, hint } = error as Record<string, unknown>
    return { code, message, detail, constraint, hint }
  }
  throw new Error('It was accepted')
}

/** The statements one after the other in one transaction; the rows of the last. */
export const inScope = (
  db: Database,
  entry: Entry,
  ...texts: readonly string[]
): Promise<readonly Row[]> =>
  db.withSellerScope(entry, async (scope) => {
    let rows: readonly Row[] = []
    for (const text of texts) rows = await rowsOf(scope, text)
    return rows
  })

export type Row = Readonly<Record<string, unknown>>
export const rowsOf = async (queries: Queries, text: string): Promise<readonly Row[]> =>
  await queries.any(plainStatement(text, []) as Statement<Row>)

const pidRow = z.object({ pid: z.number() })
/** The backend that serves the next statement. */
export const pidOf = async (queries: Queries): Promise<number> =>
  (await queries.one(sql.type(pidRow)`select pg_backend_pid() as pid`)).pid

/** The backends of a pool of so many connections, by holding them all at once. */
export const backendsOf = async (
  db: Database,
  entry: Entry,
  connections: number,
): Promise<readonly number[]> => {
  const all = Promise.withResolvers<void>()
  let waiting = 0
  const held = await Promise.all(
    Array.from({ length: connections }, () =>
      db.withSellerScope(entry, async (scope) => {
        const pid = await pidOf(scope)
        if (++waiting === connections) all.resolve()
        await all.promise
        return pid
      })),
  )
  return held.toSorted((x, y) => x - y)
}

/** The superuser, whom no policy holds back: to look at what is really stored. */
export const asSuperuser = (fresh: FreshDatabase): Promise<Connection> => {
  const url = new URL(inject('superuserUrl'))
  url.pathname = new URL(fresh.urls.app).pathname
  return keepOpen(url.href)
}

export const countRows = async (
  { sql }: Connection,
  table: string,
  condition = 'true',
): Promise<number> => {
  const [row] = await sql.unsafe<{ count: number }[]>(
    `select count(*)::int as count from ${table} where ${condition}`,
  )
  if (!row) throw new Error('unreachable: count gives one row')
  return row.count
}

/** An item of a sync that was asked for by the seller's user, in a worker's hands. */
export const leaseWork = async (
  { db }: FreshDatabase,
  seller: TestSeller,
  accountId: string,
  leaseMs = 60_000,
): Promise<LeasedWork> => {
  const { sellerId, entry } = seller
  const asked = { sellerId, accountId, target: 'ORDERS', reason: 'manual', queue: 'q' } as const
  const requested = await db.withSellerScope(entry, (scope) => requestWork(scope, asked))
  const [item] = await inScopeOfGate(db, requested?.runId ?? '', sellerId)
  const claim = await claimWork(db, { sellerId, itemId: String(item?.id), leaseMs })
  if (!claim?.claimed || claim.target === 'JOB') throw new Error('The item cannot be claimed')
  return claim
}

/** Work items are shown to nobody but the platform. */
const inScopeOfGate = (db: Database, runId: string, sellerId: string): Promise<readonly Row[]> =>
  db.withPlatformScope(
    'test',
    (tx) =>
      rowsOf(
        tx,
        `select id from work_items where seller_id = '${sellerId}' and job_run_id = '${runId}'`,
      ),
  )

/** One connection for many attempts, as long as it is not closed. */
export const keepOpen = async (url: string) => {
  const ready = Promise.withResolvers<Operations>()
  const over = Promise.withResolvers<void>()
  const done = withOperations(url, (sql) => {
    ready.resolve(sql)
    return over.promise
  })
  done.catch(ready.reject)
  return {
    sql: await ready.promise,
    close: async () => {
      over.resolve()
      await done
    },
  }
}
export type Connection = Awaited<ReturnType<typeof keepOpen>>

/** Runs the last of the statements behind the others, in a transaction that is undone. */
export const tried = async (sql: Operations, ...texts: readonly string[]): Promise<string> => {
  const undo = new Error('undone')
  const outcome = await outcomeOf(() =>
    sql.begin(async (tx) => {
      for (const text of texts) await tx.unsafe(text)
      throw undo
    })
  )
  return outcome === String(undo) ? 'accepted' : outcome
}

/** The same numbers at every run. */
export const seededRandom = (seed: number): () => number => {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}
