/** The file of expected rows: written by the kit, looked at by a person, held against every run. */
import { readFile } from 'node:fs/promises'
import type { Marketplace } from '../../plugin.ts'
import type { Bench } from './bench.ts'
import { fail, plain } from './judge.ts'
import { memoOf } from './memo.ts'
import { importAll } from './import-files.ts'
import { fullRun, type RowTarget, rowTargets, syncOf } from './walk.ts'
import { sampleOf } from './world.ts'

type Rows = readonly { readonly externalId: string }[]
const memberOf = (target: RowTarget) => target.toLowerCase() as 'orders' | 'returns' | 'payouts'

const readJson = async <T>(bench: Bench<Marketplace>, file: URL): Promise<T> =>
  await memoOf(bench, file.href, async () => {
    const text = await readFile(file, 'utf8').catch(() => fail(`there is no ${file.href}`))
    return JSON.parse(text) as T
  })

/** Instants as ISO text, as JSON has them. */
export const readExpected = async (
  bench: Bench<Marketplace>,
  target: RowTarget,
): Promise<Rows> => {
  const all = await readJson<Readonly<Record<string, Rows>>>(bench, sampleOf(bench).expected)
  return all[memberOf(target)] ?? fail(`the file of expected rows has no ${memberOf(target)}`)
}

export const readExpectedImports = async (
  bench: Bench<Marketplace>,
): Promise<Readonly<Record<string, readonly unknown[]>>> => {
  const all = await readJson<{ readonly imports?: Readonly<Record<string, readonly unknown[]>> }>(
    bench,
    sampleOf(bench).expected,
  )
  return all.imports ?? fail('the file of expected rows has no imports')
}

export interface ReportFile {
  readonly columns: readonly string[]
  readonly lines: readonly (readonly string[])[]
}
/** The files for the imports, by the id of each. */
export const readReports = async (
  bench: Bench<Marketplace>,
): Promise<Readonly<Record<string, ReportFile>>> => {
  const { reports } = sampleOf(bench)
  return reports ? await readJson(bench, reports) : {}
}

/** The text of the file, as a full run of each target brings it now: one row a line. */
export const expectedText = async (bench: Bench<Marketplace>): Promise<string> => {
  const parts: string[] = []
  for (const target of rowTargets) {
    if (!syncOf(bench.plugin, target)) continue
    const { rows } = await fullRun(bench, target)
    const lines = [...rows.values()].map((row) => `    ${JSON.stringify(plain(row))}`)
    parts.push(`  "${memberOf(target)}": [\n${lines.join(',\n')}\n  ]`)
  }
  if (sampleOf(bench).reports) {
    const made = await importAll(bench)
    const imports = Object.entries(made).map(([id, results]) => {
      const lines = results.map((one) => `      ${JSON.stringify(plain(one))}`)
      return `    ${JSON.stringify(id)}: [\n${lines.join(',\n')}\n    ]`
    })
    parts.push(`  "imports": {\n${imports.join(',\n')}\n  }`)
  }
  return `{\n${parts.join(',\n')}\n}\n`
}
