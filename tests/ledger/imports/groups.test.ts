/** Lines brought together: none is lost, none held for long, and memory does not grow with the file. */
import { execFile } from 'node:child_process'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inGroups } from '../../../core/reports/groups.ts'
import { failureOf, type ReportRecord } from '../../../core/plugin.ts'
import { csvOf, orderReport } from './support/ajio-files.ts'

const run = promisify(execFile)
/** By `ROBNU_IMPORT_LINES`; `npm run proof -- import` reads 200,000. */
const lines = Number(process.env['ROBNU_IMPORT_LINES'] ?? 20_000)
const say = (line: string): void => void process.stdout.write(`${line}\n`)

const grouped = async (keys: readonly string[], maxChars: number) => {
  let passes = 0
  const read = async function* (): AsyncIterable<readonly ReportRecord[]> {
    passes++
    const records = keys.map((key, at) => ({ line: at + 1, cells: [key] }))
    for (let at = 0; at < keys.length; at += 7) {
      yield await Promise.resolve(records.slice(at, at + 7))
    }
  }
  const found: ReportRecord[] = []
  for await (const record of inGroups(read, ({ cells }) => cells[0] ?? '', maxChars)) {
    found.push(record)
  }
  return { found, passes }
}

describe('lines in groups', () => {
  it('come each once, those of one key one after the other, however little may be held', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('', 'a', 'b', 'c', 'd', 'e', 'f', 'g'), { maxLength: 60 }),
        fc.constantFrom(0, 200, 1_000, 1e9),
        async (keys, maxChars) => {
          const { found } = await grouped(keys, maxChars)
          expect(found.map(({ line }) => line).toSorted((a, b) => a - b))
            .toEqual(keys.map((_key, at) => at + 1))
          const runs = found.filter(({ cells: [key] }, at) =>
            key === '' || key !== found[at - 1]?.cells[0]
          )
          expect(runs).toHaveLength(
            new Set(keys.filter((key) => key !== '')).size +
              keys.filter((key) => key === '').length,
          )
          for (const key of new Set(keys)) {
            const own = found.filter(({ cells }) => cells[0] === key).map(({ line }) => line)
            expect(own).toEqual(own.toSorted((a, b) => a - b))
          }
        },
      ),
    )
  })

  it('cost two passes where they stand together, and more only where much is apart', async () => {
    const together = Array.from({ length: 3_000 }, (_, at) => `k${Math.floor(at / 3)}`)
    expect((await grouped(together, 1_000)).passes).toBe(2)
    const apart = Array.from({ length: 3_000 }, (_, at) => `k${at % 1_000}`)
    const { passes } = await grouped(apart, 100_000)
    expect(passes).toBeGreaterThan(2)
    expect(passes).toBeLessThan(8)
  })

  it('of which one row has more than it may have are refused', async () => {
    const error = await grouped(Array.from({ length: 5_001 }, () => 'x'), 1e9).catch((e) => e)
    expect(failureOf(error)?.message).toContain('More than 5000 lines of one row')
  })
})

/** Block by block, since it may be large. */
const writeReport = async (path: string, orders: number): Promise<void> => {
  const file = await open(path, 'w')
  for (let from = 0; from < orders; from += 1_000) {
    const report = orderReport(Math.min(1_000, orders - from), from + 1, from)
    const bytes = csvOf(report, { clean: true })
    await file.write(from === 0 ? bytes : bytes.subarray(bytes.indexOf(10) + 1))
  }
  await file.close()
}

it(`a file of ${lines} lines takes no 100 MiB more than a small one`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'robnu-import-'))
  try {
    // about four lines for three orders
    const orders = Math.round(lines / 1.4)
    const [small, large] = [join(folder, 'small.csv'), join(folder, 'large.csv')]
    await writeReport(small, 4_000)
    await writeReport(large, orders)
    const script = fileURLToPath(new URL('./support/read-alone.ts', import.meta.url))
    const runtime = 'Deno' in globalThis ? ['run', '-A', script] : [script]
    const { stdout } = await run(process.execPath, [...runtime, small, large])
    const figures = JSON.parse(stdout)
    say(`Imported: ${JSON.stringify(figures)}`)
    expect(figures.rows).toBe(orders)
    expect(figures.lines).toBeGreaterThan(lines * 0.9)
    expect(figures.grownMiB).toBeLessThan(100)
  } finally {
    await rm(folder, { recursive: true })
  }
}, 300_000)
