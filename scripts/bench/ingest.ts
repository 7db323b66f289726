/** P6, P7: new and unchanged orders through the ingest of the house, against COPY and blind upserts. */
import type { SellerScope } from '#core/db/database.ts'
import type { Statement } from '#core/db/sql.ts'
import type { OrderRow } from '#core/plugin.ts'
import { makeCopies, measureCopies, ways } from './copies.ts'
import { type Finding, ratioFinding, say } from './findings.ts'
import type { LabDatabase } from './lab.ts'
import { makeOrders } from './orders.ts'
import { storeOneByOne } from './one-by-one.ts'
import { leaseRun, makeSeller } from './sellers.ts'
import { median, ratios } from './slices.ts'
import { atTheBeginning, type House, type Progress, syncOrders } from './sync.ts'

export interface IngestSize {
  readonly rounds: number
  readonly orders: number
}
const measures = ['new', ...ways, 'one by one', 'unchanged', 'always upsert'] as const
type Measure = typeof measures[number]

/** Seconds of each measure in one round, and what the unchanged orders left behind. */
interface Round {
  readonly seconds: Readonly<Record<Measure, number>>
  readonly newVersions: number
  readonly rows: number
}

export const benchIngest = async (
  house: House,
  lab: LabDatabase,
  size: IngestSize,
): Promise<readonly Finding[]> => {
  await makeCopies(lab)
  const rounds: Round[] = []
  // the first one warms up
  for (let at = 0; at <= size.rounds; at++) {
    const round = await measureRound(house, lab, at, size.orders)
    if (at > 0) rounds.push(round)
  }
  const of = (measure: Measure) => rounds.map(({ seconds }) => seconds[measure])
  const rate = (seconds: readonly number[]) => `${Math.round(size.orders / median(seconds))}/s`
  for (const measure of measures) say(`  ${measure}: ${rate(of(measure))}`)
  const copy = rounds.map(({ seconds }) => Math.min(seconds.binary, seconds.text))
  const finding = (
    target: string,
    what: string,
    wanted: number | null,
    ours: readonly number[],
    theirs: readonly number[],
  ) =>
    ratioFinding(target, what, wanted, {
      ratios: ratios(theirs, ours),
      figures: `${rate(ours)} against ${rate(theirs)}`,
    })
  return [
    finding('P6', 'new orders / COPY of the ready rows', 0.3, of('new'), copy),
    finding('P6', 'new orders / the same work row by row', 5, of('new'), of('one by one')),
    finding('P6', 'new orders / INSERT of each ready row', null, of('new'), of('ready rows')),
    finding('P7', 'unchanged / always upsert', 4, of('unchanged'), of('always upsert')),
    versionsFinding(rounds),
  ]
}

const versionsFinding = (rounds: readonly Round[]): Finding => {
  const versions = rounds.reduce((sum, { newVersions }) => sum + newVersions, 0)
  const rows = rounds.reduce((sum, round) => sum + round.rows, 0)
  return {
    target: 'P7',
    what: 'new row versions of unchanged orders, lines and audit events',
    wanted: '0',
    reached: String(versions),
    spread: '',
    isMet: versions === 0,
    figures: `of ${rows} rows`,
  }
}

/** A seller of its own in each round; then the same orders come again. */
const measureRound = async (
  house: House,
  lab: LabDatabase,
  round: number,
  orders: number,
): Promise<Round> => {
  const seller = await makeSeller(house.db, lab)
  const run = await leaseRun(house.db, lab, seller)
  const rows = makeOrders(`R${round}`, 0, orders)
  // a seller's first keys are made once in its life
  await house.keyring.forSeller(run.entry, { willSeal: 1 })
  await settle(lab)
  const sync = async (before: Progress, expected: Outcome, scopeOf?: typeof withoutHashes) => {
    const began = performance.now()
    const after = await syncOrders(house, seller, run, rows, before, scopeOf)
    const seconds = (performance.now() - began) / 1000
    const done = after.counts[expected] - before.counts[expected]
    if (done !== orders) throw new Error(`Expected ${orders} orders ${expected}, got ${done}`)
    return { after, seconds }
  }
  const first = await sync(atTheBeginning, 'created')
  const copies = await measureCopies(lab, seller.sellerId)
  const before = await rowVersions(lab, seller.sellerId)
  const again = await sync(first.after, 'unchanged')
  const after = await rowVersions(lab, seller.sellerId)
  await settle(lab)
  const blind = await sync(again.after, 'changed', withoutHashes)
  return {
    seconds: {
      ...copies,
      new: first.seconds,
      unchanged: again.seconds,
      'always upsert': blind.seconds,
      'one by one': await measureOneByOne(house, lab, rows),
    },
    newVersions: after.difference(before).size,
    rows: after.size,
  }
}

const measureOneByOne = async (
  house: House,
  lab: LabDatabase,
  rows: readonly OrderRow[],
): Promise<number> => {
  const seller = await makeSeller(house.db, lab)
  const run = await leaseRun(house.db, lab, seller)
  await house.keyring.forSeller(run.entry, { willSeal: 1 })
  const began = performance.now()
  await storeOneByOne(house, seller, run, rows)
  return (performance.now() - began) / 1000
}

/** What autovacuum would do by and by, at a time that disturbs nobody. */
const settle = (lab: LabDatabase): Promise<unknown> =>
  lab.asSuperuser(async (sql) => {
    await sql`analyze`
    await sql`checkpoint`
  })

type Outcome = 'created' | 'changed' | 'unchanged'

/** The same ingest, told that the database knows no order: it seals and writes all of them. */
const withoutHashes = (scope: SellerScope): SellerScope => ({
  ...scope,
  any: <Row>(statement: Statement<Row>) =>
    statement.sql.includes('select id, content_hash, customer_erased_at from orders')
      ? Promise.resolve([])
      : scope.any(statement),
})

/** Place and transaction of every row: any update, even to the same values, moves both. */
const rowVersions = (lab: LabDatabase, sellerId: string): Promise<ReadonlySet<string>> =>
  lab.asSuperuser(async (sql) => {
    const rows = await sql<{ version: string }[]>`
      select concat_ws('/', tableoid, ctid, xmin) as version from orders where seller_id = ${sellerId}
      union all
      select concat_ws('/', tableoid, ctid, xmin) from order_items where seller_id = ${sellerId}
      union all
      select concat_ws('/', tableoid, ctid, xmin) from audit_events where seller_id = ${sellerId}`
    return new Set(rows.map(({ version }) => version))
  })
