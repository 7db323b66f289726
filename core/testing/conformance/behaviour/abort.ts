/** A signal ends what it ends: at once, and without one more request. */
import type { MarketplaceCheck } from '../check.ts'
import { fail } from '../judge.ts'
import { kept, manyPages, syncOf, walk } from '../walk.ts'
import { inWorld } from '../world.ts'
import { type MarketBench, ofEachTarget } from './targets.ts'

/** What is left to do needs no answer any more: it is done in some turns, however slow they are. */
const promptTurns = 30
const promptMs = 500

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1))

/** How the work ends that is stopped by the signal: `still` when it does not. */
const endOf = async (
  work: Promise<unknown>,
  stopped: AbortSignal,
  { patience = 1 }: MarketBench,
): Promise<'done' | 'thrown' | 'still'> => {
  let end: 'done' | 'thrown' | 'still' = 'still'
  const ended = work.then(() => void (end = 'done'), () => void (end = 'thrown'))
  await Promise.race([ended, abortOf(stopped)])
  const until = performance.now() + promptMs * patience
  for (let turns = 0; turns < promptTurns || performance.now() < until; turns++) {
    await Promise.race([ended, turn()])
    if (end !== 'still') break
  }
  return end
}

const abortOf = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

export const abortChecks: readonly MarketplaceCheck[] = [
  ...ofEachTarget(
    'aborted-before',
    'A walk over {rows} whose signal has aborted asks nothing',
    'Hand ctx.signal on, and do not catch what it throws',
    async (bench, target) => {
      await inWorld(bench, async (world) => {
        await walk(world, target, { pages: 1 })
        const asked = world.requests.length
        const signal = AbortSignal.abort(new Error('stop'))
        const context = world.context({ signal })
        const end = await endOf(walk(world, target, { context, patience: 0 }), signal, bench)
        if (end !== 'thrown') fail(`wanted it to throw, found it ${end}`)
        if (world.requests.length > asked) fail('it has asked the marketplace')
      })
    },
  ),
  ...ofEachTarget(
    'aborted-during',
    'A walk over {rows} that is aborted while it waits ends at once and asks no more',
    'Hand ctx.signal on, and do not try again what it has ended',
    async (bench, target) => {
      await inWorld(bench, async (world) => {
        await walk(world, target, { pages: 1 })
        const stop = new AbortController()
        let asked = 0
        const context = world.context({
          signal: stop.signal,
          intercept: () => {
            asked++
            queueMicrotask(() => stop.abort(new Error('stop')))
            return { silent: true }
          },
        })
        const work = walk(world, target, { context, patience: 0 })
        const end = await endOf(work, stop.signal, bench)
        if (end !== 'thrown') fail(`wanted it to throw, found it ${end}`)
        if (asked !== 1) fail(`wanted one request, found ${asked}`)
      })
    },
  ),
  ...ofEachTarget(
    'aborted-between',
    'A walk over {rows} that is aborted between two pages asks for no further one',
    'Hand ctx.signal on with every request',
    async (bench, target) => {
      await manyPages(bench, target, 2)
      await inWorld(bench, async (world) => {
        await walk(world, target, { pages: 1 })
        const stop = new AbortController()
        const context = world.context({ signal: stop.signal })
        let asked = 0
        const work = walk(world, target, {
          ...{ context, patience: 0 },
          between: () => {
            asked = world.requests.length
            stop.abort(new Error('stop'))
          },
        })
        const end = await endOf(work, stop.signal, bench)
        if (end === 'still') fail('it did not end')
        if (world.requests.length > asked) fail('it has asked for more')
      })
    },
  ),
  ...ofEachTarget(
    'stopped-early',
    'A walk over {rows} that nobody reads on asks for no further page',
    'Ask for a page when it is asked for: no request runs ahead of the page that is yielded',
    async (bench, target) => {
      await inWorld(bench, async (world) => {
        await walk(world, target, { pages: 1 })
        const context = world.context()
        const sync = syncOf(bench.plugin, target)
        if (!sync) return
        const request = { cursor: null, reason: 'manual' } as const
        const pages = sync(world.account, request, context)[Symbol.asyncIterator]()
        const { value, done } = await pages.next()
        if (done || !value) fail('the walk has no page')
        await kept(bench.plugin, value.cursor)
        const asked = world.requests.length
        const ends = pages.return?.() ?? Promise.resolve()
        if (await endOf(ends, AbortSignal.abort(), bench) !== 'done') {
          fail('it does not let itself be ended')
        }
        if (world.requests.length > asked) fail('it has asked for more')
      })
    },
  ),
]
