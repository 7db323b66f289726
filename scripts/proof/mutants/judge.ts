/**
 * A process of its own for one mutant: `judge.ts <folder of the plugin> <folder of its sample> <hint>
 * [quick]`. It tells the first check that fails as a line of JSON, and ends.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { isPlugin } from '#core/plugin.ts'
import type { CheckResult } from '#core/testing/conformance/report.ts'
import { checksFor, runChecks } from '#core/testing/conformance/run.ts'
import type { Sample } from '#core/testing/conformance/sample.ts'

export interface Verdict {
  /** `load`: it does not even load. `whole`: no check has found anything. */
  readonly outcome: 'load' | 'failed' | 'whole'
  readonly check?: string
  readonly message?: string | undefined
  readonly checks: number
  readonly ms: number
}

const [folder = '', home = '', hint = '', extent] = process.argv.slice(2)
const begun = performance.now()
let checks = 0

const end = (verdict: Omit<Verdict, 'checks' | 'ms'>): void => {
  const ms = Math.round(performance.now() - begun)
  process.stdout.write(`\n${JSON.stringify({ ...verdict, checks, ms })}\n`, () => process.exit())
}

const main = async (): Promise<void> => {
  const url = pathToFileURL(join(folder, 'mod.ts'))
  const module: { readonly default?: unknown } = await import(url.href)
  const plugin = module.default
  if (!isPlugin(plugin)) return end({ outcome: 'load', message: 'it is no plugin' })
  const beside = join(home, 'sample.ts')
  if (!existsSync(beside)) throw new Error(`Cannot judge: there is no ${beside}`)
  const { default: sample }: { readonly default: Sample } = await import(pathToFileURL(beside).href)
  const failed = Promise.withResolvers<CheckResult>()
  const run = async (only: readonly string[]) => {
    await runChecks({ plugin, sample, url }, {
      ...{ only, tiers: ['declaration', 'behaviour'], patience: 4 },
      ended: (result) => {
        checks++
        if (result.outcome === 'failed') failed.resolve(result)
      },
    })
  }
  // what holds it against files that a person has looked at comes first: most mutants end there
  const ids = checksFor(plugin).map(({ id }) => id)
  const rank = (id: string): number =>
    hint !== '' && id.startsWith(hint) && /expected|told/.test(id)
      ? 0
      : /^told-|expected-rows$/.test(id)
      ? 1
      : 2
  const quick = ids.filter((id) => rank(id) < 2).toSorted((one, other) => rank(one) - rank(other))
  const all = async () => {
    for (const id of quick) await run([id])
    if (extent !== 'quick') await run(ids.filter((id) => !quick.includes(id)))
  }
  const first = await Promise.race([failed.promise, all()])
  if (first) end({ outcome: 'failed', check: first.id, message: first.message })
  else end({ outcome: 'whole' })
}

main().catch((error: unknown) =>
  end({ outcome: 'load', message: error instanceof Error ? error.message : String(error) })
)
