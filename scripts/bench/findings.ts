/** What a benchmark has found out, and how it is shown. */
import process from 'node:process'
import { type Measured, median, quantile, ratios } from './slices.ts'

export interface Finding {
  /** Of performance.md: P1 … P8. */
  readonly target: string
  readonly what: string
  readonly wanted: string
  readonly reached: string
  /** The middle half of the rounds; empty for what is counted and not timed. */
  readonly spread: string
  /** Absent: told for comparison, and wanted by nobody. */
  readonly isMet?: boolean
  /** The absolute figures behind the ratio: of this machine and this hour only. */
  readonly figures: string
}

export const say = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

/** A ratio that is to be at least `wanted`, if anything: its median over the rounds decides. */
export const ratioFinding = (
  target: string,
  what: string,
  wanted: number | null,
  found: { readonly ratios: readonly number[]; readonly figures: string },
): Finding => {
  const reached = median(found.ratios)
  const [low, high] = [quantile(found.ratios, 0.25), quantile(found.ratios, 0.75)]
  return {
    target,
    what,
    wanted: wanted === null ? '' : `≥ ${wanted.toFixed(2)}`,
    reached: reached.toFixed(2),
    spread: `${low.toFixed(2)}–${high.toFixed(2)}`,
    // as it is shown: nobody can see a difference that the table does not tell
    ...wanted === null ? {} : { isMet: Number(reached.toFixed(2)) >= wanted },
    figures: found.figures,
  }
}

/** How many times as many operations a second `ours` makes as `theirs`. */
export const speedFinding = (
  target: string,
  what: string,
  wanted: number,
  ours: Measured,
  theirs: Measured,
): Finding =>
  ratioFinding(target, what, wanted, {
    ratios: ratios(ours.perSecond, theirs.perSecond),
    figures: `${rate(ours)} against ${rate(theirs)}`,
  })

export const describe = (one: Measured): string =>
  `${one.name}: ${rate(one)}, p50 ${one.p50Ms.toFixed(2)} ms, p99 ${one.p99Ms.toFixed(2)} ms, ` +
  `${one.cpuMicros.toFixed(0)} µs of CPU here`

const rate = ({ perSecond }: Measured): string => `${Math.round(median(perSecond))}/s`

export const tableOf = (findings: readonly Finding[]): string => {
  const rows = findings.map((one) => [
    one.target,
    one.what,
    one.wanted,
    one.reached,
    one.spread,
    one.isMet === undefined ? '' : one.isMet ? 'yes' : 'no',
    one.figures,
  ])
  const head = ['target', 'what', 'wanted', 'reached', 'middle half', 'met', 'figures']
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
