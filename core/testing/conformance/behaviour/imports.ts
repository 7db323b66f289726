/** Files of the portal: every line comes back once, good or bad. */
import type { MarketplaceCheck } from '../check.ts'
import { readExpectedImports, type ReportFile } from '../expected.ts'
import { eachImport, importAll, type Result } from '../import-files.ts'
import { differenceOf, fail, plain } from '../judge.ts'
import { formFaultOf } from './rows.ts'
import { type MarketBench, ofAdapter } from './targets.ts'

const noImports = ({ plugin, sample }: MarketBench): string | undefined => {
  if (!plugin.imports?.length) return 'the plugin imports no files'
  return sample?.reports ? undefined : 'the sample brings no files'
}

const eachLineOnce = (id: string, results: readonly Result[], lines: ReportFile['lines']): void => {
  const counts = new Map<number, number>()
  for (const line of results.flatMap((one) => one.lines)) {
    counts.set(line, (counts.get(line) ?? 0) + 1)
  }
  lines.forEach((_, at) => {
    const times = counts.get(at + 2) ?? 0
    if (times !== 1) fail(`${id}: line ${at + 2} came back ${times} times`)
  })
  if (counts.size !== lines.length) fail(`${id}: lines came back that are not there`)
}

const wordOf = (result: Result): string => {
  if ('rejected' in result) return result.rejected
  return 'skipped' in result ? result.skipped : 'row'
}

export const importChecks: readonly MarketplaceCheck[] = [
  ofAdapter({
    id: 'imports-expected-rows',
    title: 'The files of the sample bring the rows that a person has looked at',
    remedy: 'Mend the reading; where the rows are right, look at each and write them with --write',
    leftOut: noImports,
    run: async (bench) => {
      const wanted = await readExpectedImports(bench)
      const difference = differenceOf(wanted, plain(await importAll(bench)))
      if (difference !== undefined) fail(difference)
    },
  }),
  ofAdapter({
    id: 'imports-every-line-once',
    title: 'Every line of a file comes back in exactly one result, and its rows have their form',
    remedy: 'Yield a row, a word for what is skipped, or a refusal for each line',
    leftOut: noImports,
    run: (bench) =>
      eachImport(bench, (report, results, lines) => {
        eachLineOnce(report.id, results, lines)
        const rows = results.flatMap((one) => 'row' in one ? [one.row] : [])
        if (rows.length === 0) fail(`${report.id}: the file of the sample brings no row`)
        for (const row of rows) {
          const fault = formFaultOf(report.target, row)
          if (fault !== undefined) fail(`${report.id}: a row at ${fault}`)
        }
      }),
  }),
  ofAdapter({
    id: 'imports-nothing-of-nothing',
    title: 'A file without lines, or without one good line, brings no row and breaks nothing',
    remedy: 'Yield what is collected only where something is',
    leftOut: noImports,
    run: async (bench) => {
      const judge = (report: { readonly id: string }, results: readonly Result[]) => {
        if (results.some((one) => 'row' in one)) fail(`${report.id}: a row came of no good line`)
      }
      await eachImport(bench, judge, () => [])
      await eachImport(bench, judge, (lines) => [(lines[0] ?? []).map(() => '#REF!')])
    },
  }),
  ofAdapter({
    id: 'imports-bad-lines-are-refused',
    title: 'A line that cannot be read is refused or skipped by a word, and the others stay',
    remedy: 'Read each line on its own, and give `rejected` with a word in kebab-case',
    leftOut: noImports,
    run: (bench) => {
      const bad = ['', '#REF!'].map((cell) => (line: readonly string[] = []) =>
        line.map(() => cell)
      )
      return eachImport(
        bench,
        (report, results, lines) => {
          eachLineOnce(report.id, results, lines)
          const firstBad = lines.length - 1
          for (const result of results) {
            if ('row' in result && result.lines.every((line) => line >= firstBad)) {
              fail(`${report.id}: a line that cannot be read is a row`)
            }
            const word = wordOf(result)
            if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(word)) fail(`${report.id}: "${word}" is no word`)
          }
        },
        (lines) => [...lines, ...bad.map((spoil) => spoil(lines[0])), []],
      )
    },
  }),
]
