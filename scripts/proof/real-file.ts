/**
 * The whole real sale report through the whole system: counted straight from the file, synced with
 * a worker that is killed in the middle, compared, and synced once more over the whole period.
 */
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { csvRecords } from '#core/testing/sandbox/csv.ts'
import type { Proof } from '../proof.ts'
import { createProgress } from '../progress.ts'
import { cleanEnvironment } from './support/environment.ts'
import { type App, type House, openHouse } from './support/house.ts'
import { askForRun, connectShop, type EndedRun, followRun } from './support/runs.ts'

const reportFile = '../shared/data/amazon-sale-report/amazon-sale-report.csv.gz'
/** As the demo: an hour of Amazon's clock a second. */
const sandboxSpeed = 3_600
/** Of some 1,200: far from both ends. */
const killAfterPages = { least: 300, most: 700 }
/** The bucket of a shop fills with twenty pages a second; a killed worker is waited for. */
const patienceMs = 120_000
/** Holds the report's days in India, with a week at both ends. */
const wholePeriod = { from: '2022-03-24', to: '2022-07-07' }

const say = (line: string): void => void process.stdout.write(`${line}\n`)

export const run = async (): Promise<Proof> => {
  const name = 'real-file'
  const file = fileURLToPath(new URL(`../../${reportFile}`, import.meta.url))
  if (!existsSync(file)) {
    say(`Left out: the real sale report is not here, "${reportFile}"`)
    return { name, figures: { leftOut: `there is no "${reportFile}"` } }
  }
  say('Counting straight from the file')
  const expected = await countStraight(file)
  say(`  ${JSON.stringify(expected)}`)

  const outer = mkdtempSync(join(tmpdir(), 'robnu-proof-'))
  chmodSync(outer, 0o711)
  say('Starting the parts and the app')
  const house = await openHouse({
    home: join(outer, 'home'),
    env: {
      ...cleanEnvironment(),
      ROBNU_PLUGINS: './marketplaces/amazon/mod.ts',
      ROBNU_SANDBOX_AMAZON_ORDERS: file,
      // the sweeps would ask for runs of their own
      ROBNU_RUN: 'api,worker',
      ROBNU_LEASE_MS: '5000',
      // it asks how far the run is more often than a seller may
      ROBNU_LIMITS: 'burst=1000000/60,write=1000000/60',
    },
    sandboxSpeed,
  })
  try {
    return { name, figures: await prove(house, expected) }
  } finally {
    await house.close()
    rmSync(outer, { recursive: true, force: true, maxRetries: 5 })
  }
}

type Counts = Awaited<ReturnType<typeof countStraight>>

const prove = async (house: House, expected: Counts): Promise<Record<string, unknown>> => {
  const { orders, lines, paise, foreign } = expected
  const begun = performance.now()
  let app = await house.startApp()
  const accountId = await connectShop(await house.owner(app, 0), house)
  const runId = await askForRun(await house.owner(app, 0), accountId)
  const pages = killAfterPages.least +
    Math.floor(Math.random() * (killAfterPages.most - killAfterPages.least))
  await app.pages(pages)
  await app.kill()
  const [killedAt] = await house.asSuperuser((sql) =>
    sql<{ received: number; state: string }[]>`
      select received, state from job_runs where id = ${runId}`
  )
  say(`Killed the app after ${pages} pages, ${killedAt?.received} orders received`)
  same('the state of the run when its worker was killed', killedAt?.state, 'RUNNING')

  app = await house.startApp()
  const first = await follow(house, app, runId, orders + foreign)
  const firstSeconds = secondsSince(begun)
  const { state: _, pages: walked, failure: _failure, ...counts } = first
  same('what the run says', counts, {
    received: orders + foreign,
    new: orders,
    changed: 0,
    unchanged: 0,
    rejected: foreign,
    rejected_reasons: { 'not-an-amazon-order': foreign },
  })
  same('what is stored', await storedIn(house, accountId), { orders, lines, paise, foreign })

  say('Syncing once more over the whole period')
  const again = performance.now()
  const before = await versionsIn(house)
  const secondRun = await askForRun(await house.owner(app, 0), accountId, wholePeriod)
  const second = await follow(house, app, secondRun, orders + foreign)
  same('what the second run says', [second.received, second.unchanged, second.rejected], [
    orders + foreign,
    orders,
    foreign,
  ])
  same('the versions of orders, items and audit events', await versionsIn(house), before)
  await app.stop()
  return {
    ...expected,
    pages: walked,
    killedAtOrder: killedAt?.received,
    seconds: firstSeconds,
    secondSyncSeconds: secondsSince(again),
  }
}

const follow = async (
  house: House,
  app: App,
  runId: string,
  of: number,
): Promise<EndedRun> => {
  const progress = createProgress()
  const onProgress = (received: number) =>
    progress.show(received, of, `${received} orders received`)
  const ended = await followRun(await house.owner(app, 0), runId, { patienceMs, onProgress })
  progress.end()
  return ended
}

/** By rules of its own: an order is an id of Amazon's form, a line that is told twice is one. */
const countStraight = async (file: string) => {
  const [orders, foreign, lines] = [new Set<string>(), new Set<string>(), new Set<string>()]
  let paise = 0
  let repeats = 0
  for await (const { index: _, ...row } of csvRecords(file)) {
    const id = row['Order ID'] ?? ''
    if (!/^\d{3}-\d{7}-\d{7}$/.test(id)) {
      foreign.add(id)
      continue
    }
    orders.add(id)
    const line = JSON.stringify(row)
    if (lines.has(line)) {
      repeats++
      continue
    }
    lines.add(line)
    const [rupees = '', fraction = ''] = (row['Amount'] || '0').split('.')
    paise += Number(rupees + fraction.padEnd(2, '0').slice(0, 2))
  }
  return {
    orders: orders.size,
    lines: lines.size,
    paise,
    foreign: foreign.size,
    wholeLineRepeats: repeats,
  }
}

const storedIn = async (house: House, accountId: string) => {
  const [row] = await house.asSuperuser((sql) =>
    sql`
      select (select count(*)::int from orders where marketplace_account_id = ${accountId}) as orders,
        (select count(*)::int from order_items) as lines,
        (select sum(total_paise)::float8 from order_items) as paise,
        (select count(*)::int from quarantined_rows
          where marketplace_account_id = ${accountId}) as foreign`
  )
  return { ...row }
}

/**
 * How many rows there are, and a digest of which transaction wrote each; without the event of who
 * asked for the sync.
 */
const versionsIn = (house: House) =>
  house.asSuperuser(async (sql) => {
    const found: Record<string, unknown> = {}
    for (const table of ['orders', 'order_items', 'audit_events']) {
      const [row] = await sql`
        select count(*)::int as rows, sum(hashtextextended(xmin::text || ctid::text, 0)) as digest
        from ${sql(table)}
        ${table === 'audit_events' ? sql`where action <> 'run.requested'` : sql``}`
      found[table] = { ...row }
    }
    return found
  })

const secondsSince = (at: number): number => Math.round((performance.now() - at) / 100) / 10

const same = (what: string, found: unknown, expected: unknown): void => {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)]
  if (a !== b) throw new Error(`Not proved: ${what} is ${a}, and should be ${b}`)
  say(`  as it should be: ${what}`)
}
