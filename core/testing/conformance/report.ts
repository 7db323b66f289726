/** What a run of the kit tells: for machines as JSON, for people as a table, for a README as a badge. */
import type { Plugin } from '../../plugin.ts'
import { type Tier, tiers } from './check.ts'

export type Outcome = 'passed' | 'failed' | 'left-out'
export interface CheckResult {
  readonly id: string
  readonly tier: Tier
  readonly title: string
  readonly outcome: Outcome
  /** How long it took. */
  readonly ms: number
  /** What was wanted and what was found, or why it was left out; absent where it passed. */
  readonly message?: string
  /** What to do about it; of a failed one. */
  readonly remedy?: string
}
/** Everything in it is JSON. */
export interface Report {
  /** Of this form. */
  readonly schema: 1
  readonly plugin: {
    readonly id: string
    readonly version: string
    readonly api: number
    /** sha256 of its files, as the configuration pins it; absent: nobody gave it. */
    readonly integrity?: string
  }
  /** As it names itself: `Node.js/26`, `Deno/2.9.5`. */
  readonly runtime: string
  /** ISO, UTC. */
  readonly at: string
  readonly ms: number
  readonly tiers: readonly Tier[]
  readonly checks: readonly CheckResult[]
  readonly totals: { readonly passed: number; readonly failed: number; readonly leftOut: number }
  /** Tiers that this plugin needs and that were not run. */
  readonly missing: readonly Tier[]
  /** Nothing failed, something passed, and no tier is missing. */
  readonly conforms: boolean
}

/** A marketplace needs behaviour and rows in a database; a surface a database where it has tables. */
const neededBy = (plugin: Plugin): readonly Tier[] => {
  if ('adapter' in plugin) return ['declaration', 'behaviour', 'database']
  return plugin.migrations?.length ? ['declaration', 'database'] : ['declaration']
}

export const reportOf = (
  { plugin, integrity, ...run }: Pick<Report, 'at' | 'ms' | 'tiers' | 'checks'> & {
    readonly plugin: Plugin
    readonly integrity?: string | undefined
  },
): Report => {
  const count = (outcome: Outcome) => run.checks.filter((check) => check.outcome === outcome).length
  const totals = {
    passed: count('passed'),
    failed: count('failed'),
    leftOut: count('left-out'),
  }
  const isRun = (tier: Tier) =>
    run.checks.some((check) => check.tier === tier && check.outcome !== 'left-out')
  const missing = neededBy(plugin).filter((tier) => !isRun(tier))
  return {
    schema: 1,
    plugin: {
      ...{ id: String(plugin.id), version: String(plugin.version), api: Number(plugin.api) },
      ...(integrity === undefined ? {} : { integrity }),
    },
    runtime: navigator.userAgent,
    ...run,
    ...{ totals, missing },
    conforms: totals.failed === 0 && totals.passed > 0 && missing.length === 0,
  }
}

/** The lines of a table for people: what failed with its remedy, what was left out with its reason. */
export const tableOf = (report: Report): readonly string[] => {
  const { plugin, totals, missing, checks } = report
  const lines = [`${plugin.id} ${plugin.version} on ${report.runtime}`]
  for (const tier of tiers) {
    const own = checks.filter((check) => check.tier === tier)
    if (own.length === 0) continue
    const seconds = (own.reduce((sum, { ms }) => sum + ms, 0) / 1000).toFixed(1)
    const passed = own.filter(({ outcome }) => outcome === 'passed').length
    lines.push('', `${tier}: ${passed} of ${own.length} passed in ${seconds} s`)
    for (const { outcome, id, title, message, remedy } of own) {
      if (outcome === 'failed') {
        lines.push(
          `  failed    ${id}: ${title}`,
          `            ${message}`,
          `            → ${remedy}`,
        )
      }
    }
    const reasons = new Map<string, number>()
    for (const { outcome, message = '' } of own) {
      if (outcome === 'left-out') reasons.set(message, (reasons.get(message) ?? 0) + 1)
    }
    for (const [reason, count] of reasons) lines.push(`  left out  ${count}: ${reason}`)
  }
  const word = report.conforms ? 'conforms' : 'does not conform'
  const without = missing.length > 0 ? `, without the tiers ${missing.join(' and ')}` : ''
  const counts = `${totals.passed} passed, ${totals.failed} failed, ${totals.leftOut} left out`
  return [...lines, '', `${plugin.id} ${word}: ${counts}${without}`]
}

/** A badge as SVG; it needs nothing from anywhere. */
export const badgeOf = ({ conforms, totals }: Report): string => {
  const text = conforms ? `conforms, ${totals.passed} checks` : `${totals.failed} failed`
  const colour = conforms ? '#2e7d32' : '#b71c1c'
  const [left, right] = [44, 12 + text.length * 6.4]
  const width = left + right
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="20" role="img" ` +
    `aria-label="robnu: ${text}"><title>robnu: ${text}</title>` +
    `<rect width="${width}" height="20" rx="3" fill="#444"/>` +
    `<rect x="${left}" width="${right}" height="20" rx="3" fill="${colour}"/>` +
    `<g fill="#fff" text-anchor="middle" font-family="Verdana,sans-serif" font-size="11">` +
    `<text x="${left / 2}" y="14">robnu</text>` +
    `<text x="${left + right / 2}" y="14">${text}</text></g></svg>\n`
}
