/**
 * A long settlement file from its first line into the ledger: told how far it is, killed in the middle,
 * gone on with, and no more memory than a short one takes. `ROBNU_IMPORT_LINES` says how long;
 * `npm run proof -- import` takes a million lines.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { importFile } from '../../../core/ledger/imports/run-import.ts'
import { hasCode } from '../../../core/errors.ts'
import { openWorld, type World } from '../../support/bazaar/world.ts'
import { type ImportHouse, lease, openHouse, slice, viewOf } from './support/house.ts'
import { diskFiles, paiseOf, sendFile, writeSettlement } from './support/large.ts'

const lines = Number(process.env['ROBNU_IMPORT_LINES'] ?? 10_000)
/** Nobody here extends it. */
const leaseMs = 3_600_000
const say = (line: string): void => void process.stdout.write(`${line}\n`)
/** An engine collects late what it has room for: what is asked here is what has to be held. */
const collect = ((): () => void => {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
})()
const megabytes = () => {
  collect()
  return process.memoryUsage().rss / 2 ** 20
}
const sampleMs = 1_000

let world: World
let folder: string
beforeAll(async () => {
  world = await openWorld()
  folder = await mkdtemp(join(tmpdir(), 'robnu-settlement-'))
})
afterAll(async () => {
  await world.close()
  await rm(folder, { recursive: true })
})

/** So many pages, and it is gone as a killed worker is: nothing of it says a word any more. */
const killedAfter = async (
  house: ImportHouse,
  asked: Awaited<ReturnType<typeof sendFile>>,
  pages: number,
) => {
  const kill = new AbortController()
  let left = pages
  const keyring = {
    ...house.deps.keyring,
    forSeller: (...given: Parameters<typeof house.deps.keyring.forSeller>) => {
      if (left-- <= 0) kill.abort(new Error('killed'))
      return house.deps.keyring.forSeller(...given)
    },
  }
  const work = await lease(house, asked, leaseMs)
  const never = new AbortController().signal
  const end = await importFile({ ...house.deps, keyring }, work, {
    ...{ signal: kill.signal, draining: never },
  }).then(() => 'done', (error: unknown) => hasCode(error, 'lease-lost') ? 'lost' : 'killed')
  return end
}

const openWith = async (path: string, count: number) => {
  await writeSettlement(path, count)
  let time = 0
  // some slices, so that progress is seen between them: each begins at the head of the file
  const pagesOfSlice = Math.ceil(count / 2_000 / 5)
  const house = await openHouse(world, {
    ...{ files: diskFiles(path), sliceMs: pagesOfSlice * 40, now: () => time += 250 },
  })
  return { house, asked: await sendFile(house, path) }
}

it(
  `a settlement of ${lines} lines is told on its way, survives a kill, and fits beside a small one`,
  async () => {
    const small = await openWith(join(folder, 'small.csv'), 5_000)
    for (let n = 0; n < 20; n++) {
      if ((await slice(small.house, small.asked)).finished_at) break
    }
    const before = megabytes()
    const { house, asked } = await openWith(join(folder, 'large.csv'), lines)
    const began = performance.now()
    const told: number[] = []
    let most = 0
    const look = async () => {
      const view = await viewOf(house, asked)
      most = Math.max(most, megabytes())
      if (view.lines.told !== told.at(-1)) told.push(view.lines.told)
      return view
    }
    const sampling = setInterval(() => {
      most = Math.max(most, megabytes())
    }, sampleMs)
    let view = await look()
    let kills = 0
    try {
      for (let n = 0; n < 10_000 && !view.finished_at; n++) {
        const isMiddle = kills === 0 && view.lines.told > lines / 3
        if (isMiddle) {
          expect(await killedAfter(house, asked, 0)).toBe('killed')
          kills++
        } else await slice(house, asked, { leaseMs })
        view = await look()
        if (lines > 100_000) {
          say(`  ${view.lines.told} of ${lines} lines, ${Math.round(most - before)} MiB more`)
        }
      }
    } finally {
      clearInterval(sampling)
    }
    const seconds = (performance.now() - began) / 1000
    const grownMiB = Math.max(0, Math.round(most - before))
    const figures = {
      lines,
      looks: told.length,
      kills,
      grownMiB,
      perSecond: Math.round(lines / seconds),
    }
    say(`Settled: ${JSON.stringify(figures)}`)

    expect(view).toMatchObject({
      ...{ state: 'SUCCEEDED', failure: null },
      lines: { told: lines, accepted: lines, skipped: 0, rejected: 0 },
    })
    expect(kills).toBe(1)
    // each look was further on than the one before
    expect(told.length).toBeGreaterThan(2)
    expect(told).toEqual(told.toSorted((a, b) => a - b))
    const [sum] = await world.fresh.asSuperuser((admin) =>
      admin<{ paise: string; lines: number; stored: number }[]>`
      select (sum(p.lines_amount) * 100)::numeric(20)::text as paise,
        sum(p.line_count)::int as lines,
        (select count(*)::int from payout_line_items l where l.seller_id = ${house.seller.sellerId})
          as stored
      from marketplace_payouts p where p.seller_id = ${house.seller.sellerId}`
    )
    expect(sum).toEqual({ paise: String(paiseOf(lines)), lines, stored: lines })
    expect(grownMiB).toBeLessThan(100)
  },
  3_600_000,
)
