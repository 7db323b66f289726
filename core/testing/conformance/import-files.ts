/** Hands the files of a sample to the imports of a plugin, as the host hands over what was uploaded. */
import type { Marketplace, ReportImport, ReportRecord, ReportResult } from '../../plugin.ts'
import type { Bench } from './bench.ts'
import { readReports, type ReportFile } from './expected.ts'
import { fail } from './judge.ts'
import { inWorld } from './world.ts'

export type Result = ReportResult<unknown>

async function* recordsOf(lines: ReportFile['lines']): AsyncGenerator<ReportRecord> {
  // the headings are the first line
  for (const [at, cells] of lines.entries()) yield { line: at + 2, cells }
}

/** Each import with its file; `spoil` may change the lines before. */
export const eachImport = (
  bench: Bench<Marketplace>,
  judge: (report: ReportImport, results: readonly Result[], lines: ReportFile['lines']) => void,
  spoil: (lines: ReportFile['lines']) => ReportFile['lines'] = (lines) => lines,
): Promise<void> =>
  inWorld(bench, async (world) => {
    const files = await readReports(bench)
    const { externalAccountId } = world.account
    const now = world.context().now()
    for (const report of bench.plugin.imports ?? []) {
      const file = files[report.id]
      if (!file) return fail(`the sample has no file for the import ${report.id}`)
      const missing = report.signature.find((name) => !file.columns.includes(name))
      if (missing !== undefined) fail(`${report.id}: the file has no heading "${missing}"`)
      const lines = spoil(file.lines)
      const results: Result[] = []
      const account = { externalAccountId, now }
      for await (const result of report.rows(file.columns, recordsOf(lines), account)) {
        results.push(result)
      }
      judge(report, results, lines)
    }
  })

/** What each import makes of its file. */
export const importAll = async (
  bench: Bench<Marketplace>,
): Promise<Readonly<Record<string, readonly Result[]>>> => {
  const made: Record<string, readonly Result[]> = {}
  await eachImport(bench, (report, results) => void (made[report.id] = results))
  return made
}
