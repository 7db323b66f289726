/**
 * Reads a report in a process of its own and says how much it grew over what a small file takes:
 * `node read-alone.ts <small file> <large file>`.
 */
import { createReadStream, statSync } from 'node:fs'
import process from 'node:process'
import { recognise } from '../../../../core/reports/headings.ts'
import type { Source } from '../../../../core/reports/source.ts'
import { tablesOf } from '../../../../core/reports/tables.ts'
import { tell } from '../../../../core/ledger/imports/tell.ts'
import { reports } from './ajio.ts'
import { pob } from './ajio-files.ts'

const account = { externalAccountId: pob, now: new Date('2026-09-30T00:00:00Z') }
const megabytes = () => process.memoryUsage().rss / 2 ** 20

const read = async (path: string) => {
  const source: Source = {
    byteSize: statSync(path).size,
    read: (range) => createReadStream(path, range ? { start: range.from, end: range.to - 1 } : {}),
  }
  const [section] = await recognise(await tablesOf(source), reports)
  if (!section) throw new Error('unreachable: it is recognised')
  let [rows, lines, most] = [0, 0, 0]
  for await (const one of tell(section, account)) {
    lines += one.lines.length
    if ('row' in one) rows++
    if (lines % 1_000 < one.lines.length) most = Math.max(most, megabytes())
  }
  return { rows, lines, most }
}

const [small = '', large = ''] = process.argv.slice(2)
await read(small)
const before = megabytes()
const began = performance.now()
const { rows, lines, most } = await read(large)
const perSecond = Math.round(lines / (performance.now() - began) * 1000)
const figures = { lines, rows, grownMiB: Math.max(0, Math.round(most - before)), perSecond }
process.stdout.write(`${JSON.stringify(figures)}\n`)
