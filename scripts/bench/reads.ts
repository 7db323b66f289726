/** P1, P2: what a scoped page costs against the same page without a scope, in this process. */
import pg from 'pg'
import { createPool, createSqlTag, type DatabasePool, type Interceptor } from 'slonik'
import type { z } from 'zod'
import type { Database } from '#core/db/database.ts'
import { openDatabase } from '#core/db/scope.ts'
import type { Filled } from './fill.ts'
import { describe, type Finding, say, speedFinding } from './findings.ts'
import type { LabUrls } from './lab.ts'
import { pageOf, pageSize, plainText, slonikRow } from './page-sql.ts'
import type { BenchSeller } from './sellers.ts'
import { measure, type Measured, type Variant } from './slices.ts'

const connections = 8

export interface ReadsSize {
  readonly rounds: number
  readonly sliceMs: number
}

export const benchReads = async (
  db: Database,
  urls: LabUrls,
  filled: Filled,
  size: ReadsSize,
): Promise<readonly Finding[]> => {
  // the same executor, pool and driver on the same table; this login needs no scope to see it
  const free = await openDatabase({ url: urls.free, maxConnections: connections })
  const prepared = new pg.Pool({ connectionString: urls.free, max: connections })
  const textbook = await createPool(urls.app, {
    interceptors: [rowParser],
    maxPoolSize: connections,
  })
  const variants: readonly Variant[] = [
    variant(
      'scoped',
      filled,
      ({ entry, sellerId }) => db.inSellerScope(entry).any(pageOf(sellerId)),
    ),
    variant('unscoped', filled, ({ sellerId }) => free.gate.any(pageOf(sellerId))),
    variant('pg prepared', filled, async ({ sellerId }) => {
      const { rows } = await prepared.query({
        name: 'page',
        text,
        values: [sellerId],
      })
      return rows
    }),
    variant('slonik transaction', filled, (seller) => inTransaction(textbook, seller)),
  ]
  try {
    const findings: Finding[] = []
    for (const loops of [1, connections]) {
      const found = await measure(variants, { ...size, loops })
      for (const one of found) say(`  c=${loops} ${describe(one)}`)
      findings.push(...findingsOf(found, loops))
    }
    return findings
  } finally {
    await Promise.all([free.close(), prepared.end(), textbook.end()])
  }
}

const findingsOf = (found: readonly Measured[], loops: number): readonly Finding[] => {
  const [scoped, unscoped, prepared, textbook] = found
  if (!scoped || !unscoped || !prepared || !textbook) throw new Error('unreachable')
  const at = `c=${loops}`
  return [
    speedFinding('P1', `scoped page / same driver unscoped, ${at}`, 0.95, scoped, unscoped),
    speedFinding('P2', `scoped page, slonik + zod / pg prepared, ${at}`, 0.75, scoped, prepared),
    speedFinding('P2', `scoped page / slonik transaction, ${at}`, 1.5, scoped, textbook),
  ]
}

/** Every answer is looked at: a page that is not there would be read very quickly. */
const variant = (
  name: string,
  { pick }: Filled,
  read: (seller: BenchSeller) => Promise<readonly unknown[]>,
): Variant => ({
  name,
  run: async () => {
    const { length } = await read(pick())
    if (length !== pageSize + 1) throw new Error(`Expected a full page of "${name}", got ${length}`)
  },
})

// the limit stands in the text: with a parameter PostgreSQL plans anew each time
const text = plainText(pageOf('')).replace('$2', String(pageSize + 1))

const sql = createSqlTag()
const nothing = sql.unsafe

/** slonik as its documentation shows it, with every default, each statement awaited. */
const inTransaction = (pool: DatabasePool, { entry, sellerId }: BenchSeller) =>
  pool.transaction(async (tx) => {
    const expires = new Date(Date.now() + 60_000).toISOString()
    await tx.query(nothing`select set_config('role', 'robnu_tenant', true)`)
    await tx.query(nothing`
      select app_enter(${entry.kind}, ${entry.ref}, ${sellerId}, ${expires}::timestamptz, ''::bytea)`)
    return await tx.any({ ...pageOf(sellerId), parser: slonikRow })
  })

const rowParser: Interceptor = {
  name: 'row-parser',
  transformRow: ({ resultParser }, _query, row) => {
    const parser = resultParser as z.ZodType | undefined
    return parser === undefined ? row : parser.parse(row) as typeof row
  },
}
