/** Lines that are not taken over, each with its reason. */
import type { ReportRecord } from 'robnu/plugin'

/** By the number of a line. */
export type Faults = ReadonlyMap<number, string>

/** The lines of a row of which one is bad: it says why, and the others fall with it. */
export const refusals = (
  records: readonly ReportRecord[],
  faults: Faults,
  others: string,
  key: { readonly key?: string },
) => records.map(({ line }) => ({ lines: [line], rejected: faults.get(line) ?? others, ...key }))

/** The key stays in clear, so it must look like one. */
export const keyOf = (key: string): { readonly key?: string } =>
  /^[A-Z0-9-]{1,40}$/i.test(key) ? { key } : {}
