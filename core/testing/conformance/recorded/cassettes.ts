/** Checks over recordings of real answers: they hold nothing secret, and the adapter still reads them. */
import { readdir, readFile } from 'node:fs/promises'
import type { Marketplace } from '../../../plugin.ts'
import { type Cassette, readCassette } from '../../cassettes/cassette.ts'
import { leaksIn } from '../../cassettes/leaks.ts'
import { replayRun, rowsText } from '../../cassettes/run.ts'
import type { Bench } from '../bench.ts'
import type { MarketplaceCheck } from '../check.ts'
import { type RowTarget, rowTargets } from '../walk.ts'

type MarketBench = Bench<Marketplace>

const without = ({ sample }: MarketBench): string | undefined =>
  sample?.cassettes ? undefined : 'its sample names no folder of cassettes'

interface Recording {
  readonly name: string
  readonly target: RowTarget
  readonly cassette: Cassette
  readonly expected: string
}

/** `orders.json`, `orders-2.json`: the word before the first dash is the target. */
const recordings = async ({ sample }: MarketBench): Promise<readonly Recording[]> => {
  const folder = sample?.cassettes
  if (!folder) return []
  const names = (await readdir(folder)).filter((name) => /^[a-z0-9-]+\.json$/.test(name)).sort()
  if (names.length === 0) throw new Error('the folder of cassettes is empty')
  return await Promise.all(names.map(async (name) => {
    const target = rowTargets.find((one) => one.toLowerCase() === /^[a-z]+/.exec(name)?.[0])
    if (!target) throw new Error(`"${name}" does not begin with orders, returns or payouts`)
    const read = (file: string) => readFile(new URL(file, folder), 'utf8')
    const expected = read(name.replace(/\.json$/, '.rows.json')).catch(() => '')
    const cassette = await read(name).then(readCassette)
      .catch((error: Error) => Promise.reject(new Error(`"${name}": ${error.message}`)))
    return { name, target, cassette, expected: await expected }
  }))
}

export const cassetteChecks: readonly MarketplaceCheck[] = [
  {
    id: 'cassettes-without-secrets',
    tier: 'behaviour',
    title: 'no recording holds a canary, a secret or a buyer that was not invented',
    remedy: 'throw the recording away and record it anew with recordRun or --record',
    leftOut: without,
    run: async (bench) => {
      for (const { name, cassette } of await recordings(bench)) {
        const [leak, ...more] = leaksIn(cassette, { pii: bench.plugin.pii })
        if (!leak) continue
        const others = more.length > 0 ? ` and ${more.length} more` : ''
        throw new Error(`"${name}" ${leak.where}: ${leak.what}${others}`)
      }
    },
  },
  {
    id: 'cassettes-rows-as-expected',
    tier: 'behaviour',
    title: 'every recording gives the rows that were looked at when it was made',
    remedy:
      'mend the adapter; where the new rows are the right ones, store them beside the cassette',
    leftOut: without,
    run: async (bench) => {
      for (const { name, target, cassette, expected } of await recordings(bench)) {
        const found = rowsText(
          await replayRun(bench.plugin, cassette, target).catch((error: Error) =>
            Promise.reject(new Error(`"${name}": ${error.message}`))
          ),
        )
        const [wanted, got] = [expected.split('\n'), found.split('\n')]
        const line = got.findIndex((one, at) => one !== wanted[at])
        if (line >= 0 || wanted.length !== got.length) {
          throw new Error(`"${name}" gives other rows: line ${line + 1} of its .rows.json differs`)
        }
      }
    },
  },
]
