/** What changes while one looks away, and while one looks: the next run, late news, shifting pages. */
import type { MarketplaceCheck } from '../check.ts'
import { differenceOf, fail, leaveOut, plain } from '../judge.ts'
import { fullRun, manyPages, type RowTarget, settle, walk } from '../walk.ts'
import { inWorld, type World } from '../world.ts'
import { goOn, sameRows } from './resume.ts'
import { type MarketBench, ofEachTarget } from './targets.ts'

const noLater = 'the sample names no later changes'
const later = ({ sample }: MarketBench): string | undefined => sample?.later ? undefined : noLater

const change = async (world: World): Promise<void> => {
  for (const { verb, body } of world.sample.later ?? []) await world.control(verb, body)
}

/** Long enough for whatever shows up late. */
const settleSeconds = 2 * 3600

const incremental = async (
  bench: MarketBench,
  target: RowTarget,
  lagSeconds: number,
): Promise<void> => {
  // whoever brings nothing brings no changes either
  await fullRun(bench, target)
  await inWorld(bench, async (world) => {
    const first = await walk(world, target)
    await world.pass(600)
    if (lagSeconds > 0) {
      if (!world.verbs.has('lag')) leaveOut('the sandbox has no verb lag')
      await world.control('lag', { seconds: lagSeconds })
    }
    await change(world)
    await world.pass(300)
    const soon = await goOn(world, target, first)
    await world.pass(settleSeconds)
    const stored = [...first, ...soon]
    const then = await goOn(world, target, stored)
    // what somebody finds who has never been here
    const fresh = await walk(world, target)
    const all = settle([...stored, ...then])
    const wanted = settle(fresh)
    if (differenceOf(plain([...settle(first)]), plain([...wanted])) === undefined) {
      leaveOut(`the later changes of the sample change none of the ${target.toLowerCase()}`)
    }
    for (const id of wanted.keys()) if (!all.has(id)) fail(`${id} was never brought`)
    sameRows(wanted, new Map([...all].filter(([id]) => wanted.has(id))), 'after the changes')
  })
}

export const changeChecks: readonly MarketplaceCheck[] = [
  ...ofEachTarget(
    'later-changes-come',
    'What changes after a full run of the {rows} comes with the next ones',
    'Ask for changes from the place on that the cursor has reached, and not for new rows alone',
    (bench, target) => incremental(bench, target, 0),
    later,
  ),
  ...ofEachTarget(
    'late-news-come',
    'A change of the {rows} that shows up late is met all the same',
    'Look back a little behind the newest change that was seen: marketplaces tell some late',
    (bench, target) => incremental(bench, target, 240),
    later,
  ),
  ...ofEachTarget(
    'shifting-pages-lose-nothing',
    'Pages of {rows} that shift during the walk lose none',
    'Go on behind the last row that was told, not at a position in a list that moves',
    async (bench, target) => {
      const { rows } = await manyPages(bench, target, 2)
      await inWorld(bench, async (world) => {
        if (!world.verbs.has('shiftPages')) leaveOut('the sandbox has no verb shiftPages')
        await world.control('shiftPages', { on: true })
        const first = await walk(world, target)
        const found = settle([...first, ...await goOn(world, target, first)])
        for (const id of rows.keys()) if (!found.has(id)) fail(`${id} was lost`)
      })
    },
  ),
  ...ofEachTarget(
    'told-twice-is-once',
    'Rows of the {rows} that are told twice, or in another order, are the same rows',
    'Let the id of a row be the marketplace’s, and its `updatedAt` the time of its last change',
    async (bench, target) => {
      const { rows } = await fullRun(bench, target)
      await inWorld(bench, async (world) => {
        if (!['reorderPushes', 'duplicateNextPush'].some((verb) => world.verbs.has(verb))) {
          leaveOut('the sandbox has neither of the verbs duplicateNextPush and reorderPushes')
        }
        if (world.verbs.has('reorderPushes')) await world.control('reorderPushes', { on: true })
        for (const operation of world.sample.operations[target] ?? []) {
          if (!world.verbs.has('duplicateNextPush')) continue
          await world.control('duplicateNextPush', { operation, times: 3 })
        }
        sameRows(rows, settle(await walk(world, target)), 'told twice and in reverse')
      })
    },
  ),
  ...ofEachTarget(
    'window-is-walked',
    'A window that somebody asks for brings every row of the {rows} that changed in it',
    'Walk `request.window` where it is given, and leave the place of the daily walk alone',
    async (bench, target) => {
      const { pages, rows } = await fullRun(bench, target)
      const times = [...rows.values()].map(({ updatedAt }) => updatedAt.getTime())
        .sort((a, b) => a - b)
      const at = (share: number) => times[Math.floor(share * (times.length - 1))] ?? 0
      const due = [...rows].filter(([, { updatedAt }]) =>
        updatedAt.getTime() >= at(0.25) && updatedAt.getTime() <= at(0.75)
      )
      // marketplaces tell times in seconds, and windows may leave out their ends
      const window = { from: new Date(at(0.25) - 1000), to: new Date(at(0.75) + 1000) }
      await inWorld(bench, async (world) => {
        for (const begun of [[], pages] as const) {
          const passed = await goOn(world, target, begun, { window })
          const met = settle(passed)
          for (const [id] of due) {
            // whoever walks everything each time has met it before
            if (!met.has(id) && begun.length === 0) fail(`${id} changed in the window`)
          }
          sameRows(rows, settle([...pages, ...passed]), 'after the window')
          const more = await goOn(world, target, [...begun, ...passed])
          sameRows(rows, settle([...pages, ...more]), 'the run after the window')
        }
      })
    },
  ),
  ...ofEachTarget(
    'window-resumes',
    'A window of {rows} that was begun goes on from its cursor',
    'Keep the window in the cursor while it is walked',
    async (bench, target) => {
      const { now } = await fullRun(bench, target)
      const window = { from: new Date(now.getTime() - 120 * 86_400_000), to: now }
      await inWorld(bench, async (world) => {
        const whole = await walk(world, target, { window })
        if (whole.length < 2) {
          leaveOut(`a window of the ${target.toLowerCase()} has less than 2 pages`)
        }
        const first = await walk(world, target, { window, pages: 1 })
        const rest = await goOn(world, target, first, { window })
        const found = settle([...first, ...rest])
        for (const id of settle(whole).keys()) if (!found.has(id)) fail(`${id} was lost`)
      })
    },
  ),
]
