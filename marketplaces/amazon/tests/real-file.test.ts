/** The whole system on the first 3,000 lines of the real sale report, and a second sync over all of it. */
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { csvRecords } from 'robnu/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Ask, asSuperuser, emptyHome, launch, type Launched, readDemo } from './launch.ts'
import { signIn } from './launch.ts'

const reportFile = '../shared/data/amazon-sale-report/amazon-sale-report.csv.gz'
const report = fileURLToPath(new URL(`../../../${reportFile}`, import.meta.url))
const isHere = await access(report).then(() => true, () => false)
if (!isHere) {
  process.stdout.write(`Not synced: the head of the real report, for there is no "${reportFile}"\n`)
}

type Row = Readonly<Record<string, string>>
interface Run {
  readonly id: string
  readonly state: string
  readonly received: number
  readonly new: number
  readonly changed: number
  readonly unchanged: number
  readonly rejected: number
  readonly rejected_reasons: Readonly<Record<string, number>>
}

describe.skipIf(!isHere)('the head of the real report (needs the file)', () => {
  let home: ReturnType<typeof emptyHome>
  let folder: string
  let rows: readonly Row[]
  let launched: Launched
  let ask: Ask

  beforeAll(async () => {
    home = emptyHome()
    folder = await mkdtemp(join(tmpdir(), 'robnu-head-'))
    rows = await headOf(report, 1_500)
    const file = join(folder, 'head.csv')
    await writeFile(file, csvOf(rows))
    launched = launch(home.path, { env: { ROBNU_SANDBOX_AMAZON_ORDERS: file } })
    await launched.says(/^Serving at/)
    const { url, users: [owner] } = readDemo(home.path)
    if (!owner) throw new Error('The demo has no users')
    ask = await signIn(url, owner)
  }, 90_000)
  afterAll(async () => {
    launched?.interrupt()
    await launched?.ended
    home.remove()
    await rm(folder, { recursive: true })
  })

  test('comes out as it stands in the file: orders, lines, paise, and what is not of Amazon', async () => {
    const counted = countStraight(rows)
    expect(counted.orders).toBeGreaterThan(1_200)
    expect(counted.foreign).toBeGreaterThan(0)
    expect(await storedBy(ask, home.path)).toEqual({
      orders: counted.orders,
      lines: counted.lines,
      paise: counted.paise,
    })
    const runs = (await ask('GET', '/v1/runs?limit=200') as { data: Run[] }).data
    const first = runs.at(-1)
    expect(first).toMatchObject({
      state: 'SUCCEEDED',
      received: counted.orders + counted.foreign,
      new: counted.orders,
      changed: 0,
      unchanged: 0,
      rejected: counted.foreign,
      rejected_reasons: { 'not-an-amazon-order': counted.foreign },
    })
  })

  test('a second sync over the whole period finds all unchanged and writes no row version', async () => {
    await allEnded(ask)
    const before = await versionsIn(home.path, await sellerOf(ask))
    const [account] = (await ask('GET', '/v1/marketplace-accounts') as { data: { id: string }[] })
      .data
    const path = `/v1/marketplace-accounts/${account?.id}/sync`
    const { run } = await ask('POST', path, { from: '2022-03-01', to: '2022-08-01' }) as {
      run: Run
    }
    const again = await ended(ask, run.id)
    const { orders, foreign } = countStraight(rows)
    expect(again).toMatchObject({
      state: 'SUCCEEDED',
      received: orders + foreign,
      new: 0,
      changed: 0,
      unchanged: orders,
      rejected: foreign,
    })
    expect(await versionsIn(home.path, await sellerOf(ask))).toEqual(before)
    expect(before.map(({ rows }) => rows > 10)).toEqual([true, true, true])
  })
})

const headOf = async (file: string, count: number): Promise<readonly Row[]> => {
  const head: Row[] = []
  for await (const row of csvRecords(file)) {
    head.push(row)
    if (head.length === count) break
  }
  return head
}

const csvOf = (rows: readonly Row[]): string => {
  const line = (cells: readonly string[]) =>
    cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')
  return [line(Object.keys(rows[0] ?? {})), ...rows.map((row) => line(Object.values(row)))]
    .join('\n')
}

/** By rules of its own: an order is an id of Amazon's form, a line that is told twice is one. */
const countStraight = (rows: readonly Row[]) => {
  const [orders, foreign, lines] = [new Set<string>(), new Set<string>(), new Set<string>()]
  let paise = 0
  for (const { index: _, ...row } of rows) {
    const id = row['Order ID'] ?? ''
    if (!/^\d{3}-\d{7}-\d{7}$/.test(id)) {
      foreign.add(id)
      continue
    }
    orders.add(id)
    const line = JSON.stringify(row)
    if (lines.has(line)) continue
    lines.add(line)
    const [rupees = '', fraction = ''] = (row['Amount'] || '0').split('.')
    paise += Number(rupees + fraction.padEnd(2, '0').slice(0, 2))
  }
  return { orders: orders.size, lines: lines.size, paise, foreign: foreign.size }
}

const sellerOf = async (ask: Ask): Promise<string> =>
  (await ask('GET', '/v1/me') as { seller: { id: string } }).seller.id

const storedBy = async (ask: Ask, home: string) => {
  const sellerId = await sellerOf(ask)
  return await asSuperuser(home, async (sql) => {
    const [row] = await sql<{ orders: number; lines: number; paise: number; sums: number }[]>`
      select (select count(*)::int from orders where seller_id = ${sellerId}) as orders,
        (select count(*)::int from order_items where seller_id = ${sellerId}) as lines,
        (select sum(total_paise)::float8 from order_items where seller_id = ${sellerId}) as paise,
        (select sum(total_paise)::float8 from orders where seller_id = ${sellerId}) as sums`
    if (!row) throw new Error('unreachable')
    const { sums, ...stored } = row
    expect(sums).toBe(stored.paise)
    return stored
  })
}

/** Every row with the transaction that wrote this version of it, as one digest for each table. */
/** Without the event of who asked for the sync: it is no work of the sync. */
const versionsIn = (home: string, sellerId: string) =>
  asSuperuser(home, (sql) =>
    Promise.all(
      [['orders', 'id'], ['order_items', 'id'], ['audit_events', 'seq']].map(async (
        [table = '', key = ''],
      ) => {
        const [row] = await sql<{ rows: number; digest: string }[]>`
          select count(*)::int as rows,
            md5(string_agg(xmin::text || ' ' || ctid::text, ',' order by ${sql(key)})) as digest
          from ${sql(table)} where seller_id = ${sellerId}
            ${table === 'audit_events' ? sql`and action <> 'run.requested'` : sql``}`
        return { table, rows: row?.rows ?? 0, digest: row?.digest }
      }),
    ))

/** Returns, payouts and stock have their own first runs, which write as well. */
const allEnded = async (ask: Ask): Promise<void> => {
  for (
    const { id } of (await ask('GET', '/v1/runs?limit=200') as { data: { id: string }[] }).data
  ) {
    await ended(ask, id)
  }
}

const ended = async (ask: Ask, id: string): Promise<Run> => {
  for (let asked = 0; asked < 300; asked++) {
    const run = await ask('GET', `/v1/runs/${id}`) as Run
    if (run.state === 'SUCCEEDED' || run.state === 'FAILED') return run
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('The run has not ended within 30 s')
}
