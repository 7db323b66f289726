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

/** The lines of a row of which one is bad: it says why, and the others fall with it. */
export const refusals = (
  records: readonly ReportRecord[],
  reasons: ReadonlyMap<number, string>,
  others: string,
  key: string,
) =>
  records.map(({ line }) => ({
    lines: [line],
    rejected: reasons.get(line) ?? others,
    // the key stays in clear, so it must look like one
    ...(/^[A-Z0-9-]{1,40}$/i.test(key) ? { key } : {}),
  }))
