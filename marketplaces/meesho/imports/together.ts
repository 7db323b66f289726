/** Lines that the host has put one after the other, as one list for each key. */
import type { ReportRecord } from 'robnu/plugin'

/** Lines without a key come by themselves. */
export const together = async function* (
  records: AsyncIterable<ReportRecord>,
  keyOf: (record: ReportRecord) => string,
): AsyncIterable<readonly ReportRecord[]> {
  let key = ''
  let group: ReportRecord[] = []
  for await (const record of records) {
    const next = keyOf(record)
    if (group.length > 0 && (next === '' || next !== key)) {
      yield group
      group = []
    }
    key = next
    group.push(record)
  }
  if (group.length > 0) yield group
}
