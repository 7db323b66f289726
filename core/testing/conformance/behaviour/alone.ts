/** An adapter uses its context and nothing else: no clock, no chance, no network, no globals. */
import process from 'node:process'
import type { MarketplaceCheck } from '../check.ts'
import { differenceOf, fail, plain } from '../judge.ts'
import { replaying } from '../replay.ts'
import { fullRun, type RowTarget, walk } from '../walk.ts'
import { inWorld } from '../world.ts'
import { globalsNow, watchGlobals } from '../watch.ts'
import { type MarketBench, ofEachTarget } from './targets.ts'

const pageBudgetMs = 1000 // a page of a hundred rows takes some milliseconds

/** Not the time of the day: others may have the machine meanwhile. */
const spentNow = (): number => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

/** The run of before, from its answers, while `watch` looks. */
const replayed = async (
  bench: MarketBench,
  target: RowTarget,
  look: (run: (between?: () => void) => Promise<void>) => Promise<void>,
): Promise<void> => {
  const { world: { requests, account } } = await fullRun(bench, target)
  await inWorld(bench, async (world) => {
    world.account = account
    const at = world.context().now().getTime()
    await look(async (between = () => {}) => {
      const live = world.context({ intercept: replaying(requests) })
      // the kit's own look at the clock is none of the adapter's
      const context = { ...live, now: () => new Date(at) }
      await walk(world, target, { context, patience: 0, between })
    })
  })
}

export const aloneChecks: readonly MarketplaceCheck[] = [
  ...ofEachTarget(
    'uses-its-context-only',
    'The walk over {rows} uses neither the clock, nor chance, nor the network of the process',
    'Take the time from ctx.now(), and ask by ctx.http: on a sandbox the clock is another',
    (bench, target) =>
      replayed(bench, target, async (run) => {
        const first = await watchGlobals(run)
        // others in this process use them too: what is the adapter's is seen each time
        const used = first.length > 0 ? await watchGlobals(run) : []
        const both = used.filter((word) => first.includes(word))
        if (both.length > 0) fail(`it uses ${both.join(', ')}`)
      }),
  ),
  ...ofEachTarget(
    'leaves-globals',
    'The walk over {rows} changes no global and no prototype',
    'Keep state in the cursor: two accounts are walked in one process',
    (bench, target) =>
      replayed(bench, target, async (run) => {
        const before = globalsNow()
        await run()
        const after = globalsNow()
        const changed = [...new Set([...before.keys(), ...after.keys()])]
          .filter((key) => !Object.is(before.get(key), after.get(key)))
        if (changed.length > 0) fail(`it has changed ${changed.join(', ')}`)
      }),
  ),
  ...ofEachTarget(
    'pages-in-time',
    'A page of {rows} takes no more of the processor than a page may',
    'Read a row once: work that grows with the square of a page holds a worker up',
    (bench, target) =>
      replayed(bench, target, async (run) => {
        const { patience = 1, spent = spentNow } = bench
        let last = spent()
        let slowest = 0
        await run(() => {
          slowest = Math.max(slowest, spent() - last)
          last = spent()
        })
        if (slowest > pageBudgetMs * patience) {
          fail(`a page takes ${Math.round(slowest)} ms, of ${pageBudgetMs * patience}`)
        }
      }),
  ),
  ...ofEachTarget(
    'inputs-untouched',
    'The walk over {rows} changes nothing of what it is given',
    'Copy what is to be changed: account, cursor and window belong to the host',
    async (bench, target) => {
      const { cursors } = await fullRun(bench, target)
      await inWorld(bench, async (world) => {
        for (const cursor of [null, cursors.at(-1) ?? null]) {
          world.account = frozen(structuredClone(world.account))
          const given = frozen(structuredClone(cursor))
          const before = plain([world.account, given])
          const account = world.account
          await walk(world, target, { cursor: given })
          const difference = differenceOf(before, plain([account, given]))
          if (difference !== undefined) fail('account or cursor is another than before')
        }
      })
    },
  ),
]

const frozen = <T>(value: T): T => {
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  for (const member of Object.values(value)) frozen(member)
  return Object.freeze(value)
}
