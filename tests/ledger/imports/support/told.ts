/** Files of AJIO's reports, told line by line without a database. */
import { recognise } from '../../../../core/reports/headings.ts'
import { sourceOfBytes } from '../../../../core/reports/source.ts'
import { tablesOf } from '../../../../core/reports/tables.ts'
import { tell, type Told } from '../../../../core/ledger/imports/tell.ts'
import { reports } from './ajio.ts'
import { type Cells, pob, type Report } from './ajio-files.ts'

const account = { externalAccountId: pob, now: new Date('2026-09-30T00:00:00Z') }

export const toldOf = async (file: Uint8Array): Promise<readonly Told[]> => {
  const [section] = await recognise(await tablesOf(sourceOfBytes(file)), reports)
  if (!section) throw new Error('unreachable: one is recognised')
  const told: Told[] = []
  for await (const one of tell(section, account)) told.push(one)
  return told
}
export const rowsIn = <Row>(told: readonly Told[]): readonly Row[] =>
  told.flatMap((one) => 'row' in one ? [one.row as Row] : [])
export const reasonsIn = (told: readonly Told[]): Readonly<Record<string, readonly number[]>> => {
  const reasons: Record<string, number[]> = {}
  for (const one of told) {
    const reason = 'row' in one ? undefined : 'skipped' in one ? one.skipped : one.rejected
    if (reason !== undefined) (reasons[reason] ??= []).push(...one.lines)
  }
  return reasons
}
export const changed = (report: Report, changes: Readonly<Record<number, Cells>>): Report => ({
  columns: report.columns,
  lines: report.lines.map((line, at) => ({ ...line, ...changes[at] })),
})
