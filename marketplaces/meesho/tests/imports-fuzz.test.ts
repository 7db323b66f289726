/** Files that were edited, cut, or made by somebody else: every line comes back once, nothing breaks. */
import type { ReportRecord } from 'robnu/plugin'
import { type Random, randomFor } from 'robnu/testing'
import { expect, test } from 'vitest'
import { reports } from '../imports/reports.ts'
import files from '../sample-files.json' with { type: 'json' }
import { account } from './import-files.ts'

const seed = 20260814
const strange = [
  ...['', ' ', '-0.0', '1e21', '1.84E+17', '#REF!', '0', '-1', '999999999999999999999', '₹ 4,99.5'],
  ...[
    '31-06-2026',
    '2026-08-14T16:43:42',
    '14 Aug 2026',
    '2026-13-01',
    '💥',
    '\u202e',
    '__proto__',
  ],
  ...['x'.repeat(5_000), 'A', 'No data is available for these dates.', '184000000000000001_1'],
  ...['0.005', '00.1.2', '+5', '5.', '.5', '−5'],
]
type Lines = readonly (readonly string[])[]

/** Cells spoiled, lines cut, doubled and mixed up. */
const spoil = (lines: Lines, random: Random): Lines => {
  const again = Array.from({ length: random.int(1, 12) }, () => random.pick(lines))
  return again.map((line) => {
    if (random.chance(0.1)) return line.slice(0, random.int(0, line.length))
    return line.map((cell) => {
      if (random.chance(0.85)) return cell
      return random.chance(0.5) ? random.pick(strange) : random.pick(random.pick(lines))
    })
  })
}

test.each(reports.map((report) => [report.id, report] as const))(
  '%s: each line has one result, with a word that can be counted',
  async (id, report) => {
    const file = files[id as keyof typeof files]
    const words = new Set<string>()
    for (let round = 0; round < 250; round++) {
      const random = randomFor(seed, `${id}/${round}`)
      const lines = spoil(file.lines, random)
      const shuffled = random.chance(0.2)
        ? file.columns.map((name) => random.chance(0.1) ? 'Another' : name)
        : file.columns
      const records = async function* (): AsyncIterable<ReportRecord> {
        for (const [at, cells] of lines.entries()) yield { line: at + 2, cells }
      }
      const seen: number[] = []
      for await (const result of report.rows(shuffled, records(), account)) {
        seen.push(...result.lines)
        if ('row' in result) words.add('row')
        else words.add('skipped' in result ? result.skipped : result.rejected)
        if ('key' in result) expect(result.key).toMatch(/^\d{5,30}_\d{1,3}$/)
        if (!('row' in result)) continue
        const row = result.row as { externalId: string; updatedAt: Date }
        expect(row.externalId).not.toBe('')
        expect(Number.isNaN(row.updatedAt.getTime()), `seed ${seed}, ${id}/${round}`).toBe(false)
      }
      expect(seen.toSorted((a, b) => a - b), `seed ${seed}, ${id}/${round}`)
        .toEqual(lines.map((_, at) => at + 2))
    }
    expect(words.has('row')).toBe(true)
    expect(words.size).toBeGreaterThan(2)
    for (const word of words) expect(word).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*$/)
  },
)
