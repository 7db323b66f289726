/** Pages, cursors and requests: of a full run, of the runs after it, and of a window. */
import type { Marketplace } from '../../../plugin.ts'
import { goOn } from '../behaviour/resume.ts'
import type { Bench } from '../bench.ts'
import { plain } from '../judge.ts'
import { type AnyPage, type RowTarget, rowTargets, syncOf, walk } from '../walk.ts'
import { inWorld, type World } from '../world.ts'
import { answerOf } from '../wire.ts'
import { endOf, headersOf, maskOf, requestLine } from './plainly.ts'

const dayMs = 86_400_000

const pageOf = ({ rows, rejected, received, cursor, last }: AnyPage) => ({
  ...{ received, cursor, last },
  rows: `${rows[0]?.externalId ?? 'none'} … ${rows.length}`,
  rejected: rejected.map(({ key, reason }) => `${reason} ${key ?? ''}`),
})

const walksOf = (bench: Bench<Marketplace>, target: RowTarget): Promise<unknown> =>
  inWorld(bench, async (world) => {
    const told: Record<string, unknown> = {}
    // an account before and behind a refresh: both have secrets
    const first: World = { ...world }
    const record = async (name: string, work: () => Promise<readonly AnyPage[]>) => {
      const [asked, logged] = [world.requests.length, world.logged.length]
      const pages = await work()
      const masked = maskOf(first, world)
      const requests = world.requests.slice(asked)
      told[name] = plain({
        pages: pages.map(pageOf),
        requests: requests.map((one) => requestLine(one, masked)),
        headers: requests.slice(0, 2).map((one) => headersOf(one, masked)),
        logged: world.logged.slice(logged),
      })
      return pages
    }
    await walk(world, target, { pages: 1 })
    // a later page is refused, once or for good
    for (const [refused, times] of [[1, 1], [2, 1], [3, 1], [4, 1], [3, 9]] as const) {
      const context = world.context({
        intercept: (_, at) =>
          at >= refused && at < refused + times ? { answer: answerOf(400, {}) } : undefined,
      })
      const asked = world.requests.length
      const pages: AnyPage[] = []
      const between = (page: AnyPage) => void pages.push(page)
      const end = await endOf(() => walk(world, target, { context, patience: 0, between }))
      told[`refused at ${refused}, ${times} times`] = [
        end,
        pages.map(({ received, last }) => `${received} ${last}`),
        world.requests.slice(asked).map((one) => requestLine(one, maskOf(first, world))),
      ]
    }
    const whole = await record('full', () => walk(world, target))
    const now = world.context().now().getTime()
    const next = await record('right after', () => goOn(world, target, whole))
    await world.pass(600)
    for (const { verb, body } of world.sample.later ?? []) await world.control(verb, body)
    await world.pass(600)
    const stored = [...whole, ...next]
    const later = await record('later', () => goOn(world, target, stored))
    const window = { from: new Date(now - 35 * dayMs), to: new Date(now - dayMs) }
    await record('window', () => goOn(world, target, [...stored, ...later], { window }))
    for (const days of [0, 1]) {
      const none = { from: new Date(now + days * dayMs), to: new Date(now) }
      await record(`no window, ${days}`, () => goOn(world, target, stored, { window: none }))
    }
    await world.pass(2 * 86_400)
    const days = await record('two days later', () => goOn(world, target, [...stored, ...later]))
    await world.pass(86_400)
    const cursors = [...stored, ...later, ...days]
    await record('begun', () => goOn(world, target, cursors, { pages: 1 }))
    return told
  })

export const allWalks = async (bench: Bench<Marketplace>): Promise<unknown> => {
  const told: Record<string, unknown> = {}
  for (const target of rowTargets) {
    if (syncOf(bench.plugin, target)) told[target] = await walksOf(bench, target)
  }
  return told
}
