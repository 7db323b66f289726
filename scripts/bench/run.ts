/** `npm run bench`: measures the house against limits of the same run, and prints one table. */
import process from 'node:process'
import { openDatabase } from '#core/db/scope.ts'
import { isLocalFault, localFault } from '../local/faults.ts'
import { fill } from './fill.ts'
import { type Finding, say, tableOf } from './findings.ts'
import { benchIngest } from './ingest.ts'
import { benchLimits } from './limits.ts'
import { type Lab, type LabDatabase, labScopeKey, openLab } from './lab.ts'
import { newSecret, openKeyring } from './local-keys.ts'
import { benchPages } from './pages.ts'
import { benchReads } from './reads.ts'
import { benchSeal } from './seal.ts'
import { fullSizes, quickSizes, type Sizes } from './sizes.ts'
import type { House } from './sync.ts'
import { benchWork } from './work.ts'

const parts = ['reads', 'ingest', 'seal', 'limits', 'work'] as const
type Part = typeof parts[number]

interface Asked {
  readonly only: readonly Part[]
  readonly quick: boolean
}
const readArguments = (args: readonly string[]): Asked => {
  let asked: Asked = { only: parts, quick: false }
  const given = [...args]
  while (given.length > 0) {
    const flag = given.shift()
    const value = flag === '--only' ? given.shift() : undefined
    const part = parts.find((one) => one === value)
    if (flag === '--quick') asked = { ...asked, quick: true }
    else if (part !== undefined) asked = { ...asked, only: [part] }
    else throw localFault(`Cannot run: the arguments are [--only ${parts.join('|')}] [--quick]`)
  }
  return asked
}

const runs: Readonly<Record<Part, (lab: Lab, sizes: Sizes) => Promise<readonly Finding[]>>> = {
  reads: (lab, sizes) =>
    withHouse(lab, 'reads', async (house, { secret, database }) => {
      say(`Reads: storing ${sizes.fill.orders} orders of ${sizes.fill.sellers} sellers`)
      const filled = await fill(house, database, sizes.fill, tellNowAndThen(sizes.fill.orders))
      say(`Reads: pages in this process, ${sizes.reads.rounds} rounds`)
      const pages = await benchReads(house.db, database, filled, sizes.reads)
      say(`Reads: pages over HTTP, ${sizes.pages.rounds} rounds`)
      return [...pages, ...await benchPages(database.urls, secret, filled, sizes.pages)]
    }),
  ingest: (lab, sizes) =>
    withHouse(lab, 'ingest', (house, { database }) => {
      say(`Ingest: ${sizes.ingest.orders} orders, ${sizes.ingest.rounds} rounds`)
      return benchIngest(house, database, sizes.ingest)
    }),
  seal: (lab, sizes) =>
    withHouse(lab, 'seal', (house, { database }) => {
      say(`Seal: ${sizes.seal.rounds} rounds`)
      return benchSeal(house, database, sizes.seal)
    }),
  limits: (lab, sizes) =>
    withHouse(lab, 'limits', (house, { database }) => {
      say(`Limits: ${sizes.limits.rounds} rounds`)
      return benchLimits(house, database, sizes.limits)
    }),
  work: (lab, sizes) =>
    withHouse(lab, 'work', (house, { database }) => {
      say(`Work: ${sizes.work.jobs} jobs, ${sizes.work.rounds} rounds`)
      return benchWork(house, database, sizes.work)
    }),
}

const withHouse = async <T>(
  lab: Lab,
  name: string,
  work: (
    house: House,
    at: { readonly database: LabDatabase; readonly secret: Uint8Array },
  ) => Promise<T>,
): Promise<T> => {
  const database = await lab.database(`bench_${name}`)
  const db = await openDatabase({
    url: database.urls.app,
    platformUrl: database.urls.platform,
    scopeKey: labScopeKey,
    maxConnections: 8,
  })
  const secret = newSecret()
  const keyring = openKeyring(db, secret)
  try {
    return await work({ db, keyring }, { database, secret })
  } finally {
    keyring.close()
    await db.close()
  }
}

const tellNowAndThen = (of: number) => {
  let told = 0
  return (done: number): void => {
    if (done - told < 50_000) return
    told = done
    say(`  ${done} of ${of}`)
  }
}

const main = async (): Promise<void> => {
  const { only, quick } = readArguments(process.argv.slice(2))
  const began = performance.now()
  const lab = await openLab()
  // the server would go on without us
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void lab.close().finally(() => process.exit(1)))
  }
  const findings: Finding[] = []
  try {
    for (const part of only) findings.push(...await runs[part](lab, quick ? quickSizes : fullSizes))
  } finally {
    await lab.close()
  }
  const seconds = Math.round((performance.now() - began) / 1000)
  say(`\n${runtime()}, ${process.platform} ${process.arch}, ${seconds} s\n`)
  say(tableOf(findings))
  if (quick) say('\nA quick run shows that everything works; its figures mean nothing')
}

const runtime = (): string => {
  const { Deno } = globalThis as { readonly Deno?: { readonly version: { readonly deno: string } } }
  return Deno === undefined ? `Node ${process.version}` : `Deno ${Deno.version.deno}`
}

main().catch((error) => {
  process.stderr.write(`${isLocalFault(error) ? error.message : error?.stack ?? error}\n`)
  process.exit(1)
})
