/** Runs checks one after the other, each within its time, and tells what came of them. */
import { isMarketplace, type Plugin } from '../../plugin.ts'
import type { Bench, Pace } from './bench.ts'
import { type Check, type Tier, tiers } from './check.ts'
import { marketplaceChecks, pluginChecks } from './checks.ts'
import { isLeftOut } from './judge.ts'
import { type CheckResult, type Report, reportOf } from './report.ts'

export interface RunOptions extends Pace {
  /** Absent: all that the bench has something for. */
  readonly tiers?: readonly Tier[]
  /** Ids of checks; absent: all. */
  readonly only?: readonly string[]
  /** Of one check; 20 s, with `patience`, when absent. What hangs for longer has failed. */
  readonly timeLimitMs?: number
  readonly signal?: AbortSignal
  /** sha256 of the plugin's files, for the report. */
  readonly integrity?: string
  /** Told as each check ends: for progress. */
  readonly ended?: (result: CheckResult) => void
}
/** A bench without the signal and the pace, which the runner brings. */
export type BenchParts<P extends Plugin = Plugin> = Omit<Bench<P>, 'signal' | keyof Pace>

const defaultLimitMs = 20_000
const never = new AbortController().signal

/** The checks for this kind of plugin. */
export const checksFor = (plugin: Plugin): readonly Check[] =>
  isMarketplace(plugin) ? [...pluginChecks, ...marketplaceChecks as readonly Check[]] : pluginChecks

/** Never rejects for what a plugin does: each fault is a failed check. */
export const runChecks = async (
  parts: BenchParts,
  options: RunOptions = {},
): Promise<Report> => {
  const begun = performance.now()
  const asked = options.tiers ??
    tiers.filter((tier) => tier !== 'live' || parts.live !== undefined)
  const checks: CheckResult[] = []
  for (const check of checksFor(parts.plugin)) {
    if (!asked.includes(check.tier)) continue
    if (options.only && !options.only.includes(check.id)) continue
    const result = await runCheck(check, parts, options)
    checks.push(result)
    options.ended?.(result)
  }
  return reportOf({
    ...{ plugin: parts.plugin, tiers: asked, checks, at: new Date().toISOString() },
    ms: Math.round(performance.now() - begun),
    integrity: options.integrity,
  })
}

/** One check within its time. */
export const runCheck = async (
  check: Check,
  parts: BenchParts,
  { signal = never, patience = 1, spent, timeLimitMs = defaultLimitMs * patience }: RunOptions = {},
): Promise<CheckResult> => {
  const { id, tier, title, remedy } = check
  const head = { id, tier, title }
  const limit = new AbortController()
  const bench: Bench = {
    ...{ ...parts, patience, signal: AbortSignal.any([signal, limit.signal]) },
    ...(spent ? { spent } : {}),
  }
  const why = check.leftOut?.(bench)
  if (why !== undefined) return { ...head, outcome: 'left-out', ms: 0, message: why }
  const begun = performance.now()
  const ms = () => Math.round(performance.now() - begun)
  const timer = setTimeout(() => {
    limit.abort(new Error(`did not end within ${timeLimitMs / 1000} s`))
  }, timeLimitMs)
  try {
    await Promise.race([check.run(bench), endOf(bench.signal)])
    return { ...head, outcome: 'passed', ms: ms() }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (isLeftOut(error)) return { ...head, outcome: 'left-out', ms: ms(), message }
    return { ...head, outcome: 'failed', ms: ms(), message, remedy }
  } finally {
    clearTimeout(timer)
    // whatever the check has left behind ends with it
    limit.abort(new Error('the check is over'))
  }
}

const endOf = (signal: AbortSignal): Promise<never> => {
  const { promise, reject } = Promise.withResolvers<never>()
  const end = () => reject(signal.reason)
  if (signal.aborted) end()
  else signal.addEventListener('abort', end, { once: true })
  promise.catch(() => {})
  return promise
}
