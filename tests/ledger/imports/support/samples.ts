/** The reports of every marketplace with the files of its sample, as a seller would send them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { openHost } from '../../../../core/host/host.ts'
import { tell, type Told } from '../../../../core/ledger/imports/tell.ts'
import type { ReportImport } from '../../../../core/plugin.ts'
import { recognise } from '../../../../core/reports/headings.ts'
import { sourceOfBytes } from '../../../../core/reports/source.ts'
import { tablesOf } from '../../../../core/reports/tables.ts'
import type { Sample } from '../../../../core/testing/conformance/sample.ts'
import { upstreamAt } from '../../../../core/testing/sandbox/clock.ts'
import { workbookOf } from '../../../../core/testing/sandbox/xlsx.ts'

const folder = fileURLToPath(new URL('../../../../', import.meta.url))

export interface SampleFile {
  readonly columns: readonly string[]
  readonly lines: readonly (readonly string[])[]
}
export interface SampledReport {
  readonly marketplace: string
  readonly report: ReportImport
  readonly reports: readonly ReportImport[]
  readonly file: SampleFile
  readonly externalAccountId: string
  readonly now: Date
}

/** Of all marketplaces that bring files. */
export const sampledReports = async (): Promise<readonly SampledReport[]> => {
  const names = readdirSync(`${folder}marketplaces`)
    .filter((name) => existsSync(`${folder}marketplaces/${name}/sample-files.json`))
  const found: SampledReport[] = []
  for (const name of names) {
    const use = `./marketplaces/${name}/mod.ts`
    const { marketplaces: [plugin] } = await openHost([{ use, config: undefined }], folder)
    const reports = plugin?.imports ?? []
    const path = `${folder}marketplaces/${name}/sample-files.json`
    const files: Readonly<Record<string, SampleFile>> = JSON.parse(readFileSync(path, 'utf8'))
    const account = await accountOf(name)
    for (const report of reports) {
      const file = files[report.id]
      if (!file) throw new Error(`${name} has no file for its import ${report.id}`)
      found.push({ marketplace: name, report, reports, file, ...account })
    }
  }
  return found
}

/** The account that the files are of is that of the sample's sandbox. */
const accountOf = async (name: string) => {
  const url = new URL(`../../../../marketplaces/${name}/sample.ts`, import.meta.url)
  const { default: sample } = await import(url.href) as { readonly default: Sample }
  const { startSandbox, seed, env = {}, account = 0 } = sample
  const sandbox = await startSandbox({ seed, speed: 0, env })
  const { externalAccountId = '' } = sandbox.accounts[account] ?? {}
  const now = new Date(upstreamAt(sandbox.clock, Date.now()))
  await sandbox.stop()
  return { externalAccountId, now }
}

/** As a portal gives it: a sheet of a workbook where the report names one, else a csv. */
export const bytesOfFile = ({ report }: SampledReport, { columns, lines }: SampleFile) => {
  const rows = [columns, ...lines]
  if (report.sheet !== undefined) return workbookOf([{ name: report.sheet, rows }])
  const cell = (text: string): string => `"${text.replaceAll('"', '""')}"`
  return new TextEncoder().encode(`${rows.map((row) => row.map(cell).join(',')).join('\n')}\n`)
}

/** What the report makes of the file, without a database. */
const toldOfSample = async (
  sampled: SampledReport,
  file: SampleFile,
): Promise<readonly Told[]> => {
  const { reports, externalAccountId, now } = sampled
  const sections = await recognise(
    await tablesOf(sourceOfBytes(bytesOfFile(sampled, file))),
    reports,
  )
  const told: Told[] = []
  for (const section of sections) {
    for await (const one of tell(section, { externalAccountId, now })) told.push(one)
  }
  return told
}

interface TellingRow {
  readonly externalId?: unknown
  readonly lines?: unknown
}
/** What is told of each row: of a payout in pieces all of them say what it is, and each its lines. */
const rowsById = (told: readonly Told[]) => {
  const rows = new Map<string, { readonly heads: string[]; readonly texts: string[] }>()
  for (const one of told) {
    if (!('row' in one)) continue
    const { lines, ...header } = one.row as TellingRow
    const id = String(header.externalId)
    const known = rows.get(id) ?? { heads: [], texts: [] }
    known.heads.push(JSON.stringify(header))
    known.texts.push(JSON.stringify(lines ?? null))
    rows.set(id, known)
  }
  return rows
}

/**
 * The file with one cell in another way, so that the reader tells exactly one row otherwise, by the
 * same id, and refuses no line more. Undefined: no cell of the file is of that kind.
 */
export const correctedFile = async (
  sampled: SampledReport,
): Promise<{ readonly file: SampleFile; readonly id: string } | undefined> => {
  const { file } = sampled
  const before = await toldOfSample(sampled, file)
  const own = rowsById(before)
  for (const other of [otherWord, otherNumber, otherDay]) {
    for (const [at, line] of file.lines.entries()) {
      for (const [place, cell] of line.entries()) {
        const text = other(cell)
        if (text === undefined) continue
        const lines = file.lines.with(at, line.with(place, text))
        const told = await toldOfSample(sampled, { ...file, lines })
        if (refusedIn(told) !== refusedIn(before)) continue
        const found = rowsById(told)
        const changed = [...found].filter(([id, row]) => !same(own.get(id), row))
        const [one] = changed
        if (!one || changed.length > 1 || found.size !== own.size) continue
        const [id, { heads }] = one
        const was = own.get(id)
        // of pieces that contradict one another nobody could say which is right
        if (was && (heads.length === 1 || same(was.heads, heads))) {
          return { file: { ...file, lines }, id }
        }
      }
    }
  }
  return undefined
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
const refusedIn = (told: readonly Told[]): number => told.filter((one) => 'rejected' in one).length

/** A word for people, such as a title or a reason: it is of no key and no sum. */
const otherWord = (cell: string): string | undefined =>
  /^[A-Za-z][A-Za-z ,.'-]{3,}$/.test(cell) ? `${cell} indeed` : undefined
const otherNumber = (cell: string): string | undefined => {
  const [, whole, rest = ''] = /^(-?\d{1,9})(\.\d+)?$/.exec(cell) ?? []
  return whole === undefined ? undefined : `${Number(whole) + 1}${rest}`
}
const otherDay = (cell: string): string | undefined => {
  const [, month, day, rest = ''] = /^(\d{4}-\d\d-)([01]\d|2[0-7])(.*)$/.exec(cell) ?? []
  return day && `${month}${String(Number(day) + 1).padStart(2, '0')}${rest}`
}
