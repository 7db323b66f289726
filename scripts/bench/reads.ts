/** P1, P2, P5: what a scoped page costs against the same page without a scope, in this process. */
import pg from 'pg'
import { createPool, createSqlTag, type DatabasePool, type Interceptor } from 'slonik'
import type { z } from 'zod'
import type { Database } from '#core/db/database.ts'
import { openLogin } from '#core/db/scope.ts'
import type { Filled } from './fill.ts'
import { describe, type Finding, say, speedFinding } from './findings.ts'
import type { LabDatabase } from './lab.ts'
import { newestOf, pageOf, pageSize, plainText, slonikRow } from './page-sql.ts'
import { openPlainScope } from './plain-scope.ts'
import type { BenchSeller } from './sellers.ts'
import { measure, type Measured, type Variant } from './slices.ts'

const connections = 8

export interface ReadsSize {
  readonly rounds: number
  readonly sliceMs: number
}

export const benchReads = async (
  db: Database,
  lab: LabDatabase,
  filled: Filled,
  size: ReadsSize,
): Promise<readonly Finding[]> => {
  const { urls } = lab
  // the same executor, pool and driver on the same table; this login needs no scope to see it
  const free = await openLogin({ url: urls.free, maxConnections: connections })
  const plain = await openPlainScope(lab, connections)
  const prepared = new pg.Pool({ connectionString: urls.free, max: connections })
  const textbook = await createPool(plain.url, {
    interceptors: [rowParser],
    maxPoolSize: connections,
  })
  const page = variantsOf(filled, pageSize + 1)
  const point = variantsOf(filled, 1)
  const variants: readonly Variant[] = [
    page('scoped', ({ entry, sellerId }) => db.inSellerScope(entry).any(pageOf(sellerId))),
    page('unscoped', ({ sellerId }) => free.any(pageOf(sellerId))),
    page('plain scope', ({ entry, sellerId }) => plain.checked(entry).any(pageOf(sellerId))),
    page(
      'plain scope, no session check',
      ({ entry, sellerId }) => plain.unchecked(entry).any(pageOf(sellerId)),
    ),
    page('pg prepared', async ({ sellerId }) => {
      const { rows } = await prepared.query({
        name: 'page',
        text,
        values: [sellerId],
      })
      return rows
    }),
    page('slonik transaction', (seller) => inTransaction(textbook, seller)),
    point('point', ({ entry, sellerId }) => db.inSellerScope(entry).any(newestOf(sellerId))),
    point(
      'point, plain scope',
      ({ entry, sellerId }) => plain.checked(entry).any(newestOf(sellerId)),
    ),
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
    await Promise.all([free.close(), plain.close(), prepared.end(), textbook.end()])
  }
}

const findingsOf = (found: readonly Measured[], loops: number): readonly Finding[] => {
  const [scoped, unscoped, plain, unchecked, prepared, textbook, point, plainPoint] = found
  if (
    !scoped || !unscoped || !plain || !unchecked || !prepared || !textbook || !point || !plainPoint
  ) throw new Error('unreachable')
  const at = `c=${loops}`
  return [
    speedFinding('P1', `scoped page / same driver unscoped, ${at}`, 0.7, scoped, unscoped),
    speedFinding('P1', `plain scope / same driver unscoped, ${at}`, 0.95, plain, unscoped),
    speedFinding('P1', `scoped page / plain scope, ${at}`, 0.67, scoped, plain),
    speedFinding('P1', `scoped point read / plain scope, ${at}`, 0.67, point, plainPoint),
    speedFinding('P5', `plain scope / without session check, ${at}`, 0.85, plain, unchecked),
    speedFinding('P2', `scoped page, slonik + zod / pg prepared, ${at}`, 0.75, scoped, prepared),
    speedFinding('P2', `scoped page / slonik transaction, ${at}`, 1.5, scoped, textbook),
  ]
}

/** Every answer is looked at: a page that is not there would be read very quickly. */
const variantsOf = ({ pick }: Filled, rows: number) =>
(
  name: string,
  read: (seller: BenchSeller) => Promise<readonly unknown[]>,
): Variant => ({
  name,
  run: async () => {
    const { length } = await read(pick())
    if (length !== rows) throw new Error(`Expected ${rows} rows of "${name}", got ${length}`)
  },
})

// the limit stands in the text: with a parameter PostgreSQL plans anew each time
const text = plainText(pageOf('')).replace('$2', String(pageSize + 1))

const sql = createSqlTag()
const nothing = sql.unsafe

/** slonik as its documentation shows it, with every default, each statement awaited, and unsigned. */
const inTransaction = (pool: DatabasePool, { entry, sellerId }: BenchSeller) =>
  pool.transaction(async (tx) => {
    const expires = new Date(Date.now() + 60_000).toISOString()
    await tx.query(nothing`select set_config('role', 'bench_plain_tenant', true)`)
    await tx.query(nothing`
      select plain_enter(${entry.kind}, ${entry.ref}, ${sellerId}, ${expires}::timestamptz)`)
    return await tx.any({ ...pageOf(sellerId), parser: slonikRow })
  })

const rowParser: Interceptor = {
  name: 'row-parser',
  transformRow: ({ resultParser }, _query, row) => {
    const parser = resultParser as z.ZodType | undefined
    return parser === undefined ? row : parser.parse(row) as typeof row
  },
}
