/** Every failure has its kind, wherever in the walk it comes; after it the walk goes on. */
import type { MarketplaceCheck } from '../check.ts'
import { failureIn, judgeFailure, titles, type Trouble, troubles } from '../faults.ts'
import { differenceOf, fail, plain } from '../judge.ts'
import { type AnyPage, fullRun, manyPages, type RowTarget, settle, walk } from '../walk.ts'
import type { Intercept } from '../wire.ts'
import { inWorld, parsed, type World } from '../world.ts'
import { goOn, sameRows } from './resume.ts'
import { type MarketBench, ofEachTarget } from './targets.ts'

/** Requests of the walk itself; where a session had to be made first, that is left out. */
const walkRequests = async (bench: MarketBench, target: RowTarget): Promise<number> => {
  const { pages } = await fullRun(bench, target)
  return Math.max(1, pages.length)
}

/** With a session that works, so that the requests to come are those of the walk. */
const signedIn = async (target: RowTarget, world: World): Promise<void> => {
  await walk(world, target, { pages: 1 })
}

const once = (at: number, { meddling }: Trouble): Intercept => (_request, asked) =>
  asked === at ? meddling : undefined

const placesOf = (requests: number): readonly number[] => [
  ...new Set([0, Math.floor(requests / 2), requests - 1]),
]

const kindChecks = Object.entries(troubles).flatMap(([subject, list]) =>
  ofEachTarget(
    `${subject}-have-their-kind`,
    `${titles[subject]}, wherever in the walk over {rows} it comes`,
    'Leave statuses to ctx.http, or let `explain` give the kind; throw nothing but failure(…)',
    async (bench, target) => {
      const requests = await walkRequests(bench, target)
      await inWorld(bench, async (world) => {
        await signedIn(target, world)
        for (const trouble of list) {
          for (const at of placesOf(requests)) {
            const context = world.context({ intercept: once(at, trouble) })
            // a page token that is refused may be a reason to begin the window again
            const tolerated = at > 0 && trouble.kind === 'rejected'
            const work = walk(world, target, { context, patience: 0, beyondLast: true })
            if (tolerated && await work.then(() => true, () => false)) continue
            const when = `${trouble.name} at request ${at + 1}`
            const failed = await failureIn(work, when)
            const { kind, kindOfFile = kind } = trouble
            const wanted = world.requests.at(-1)?.isFile ? kindOfFile : kind
            judgeFailure(failed, { ...trouble, kind: wanted, name: when })
          }
        }
      })
    },
  )
)

const refreshed = async (world: World): Promise<void> => {
  const { refresh } = world.plugin.adapter
  if (!refresh) return
  const credentials = await refresh(world.account, world.context())
  world.account = {
    ...world.account,
    credentials: await parsed(world.plugin.credentials, credentials, 'refreshed credentials'),
  }
}

/** How many requests a run has made when so many of its pages were yielded. */
const askedBefore = (bench: MarketBench, target: RowTarget, pages: number): Promise<number> =>
  inWorld(bench, async (world) => {
    await signedIn(target, world)
    let asked = 0
    const context = world.context({ intercept: (_request, at) => void (asked = at + 1) })
    await walk(world, target, { context, pages })
    return asked
  })

const ids = (pages: readonly AnyPage[]) =>
  pages.map(({ rows, received }) => ({ received, ids: rows.map(({ externalId }) => externalId) }))

export const failingChecks: readonly MarketplaceCheck[] = [
  ...kindChecks,
  ...ofEachTarget(
    'go-on-after-a-failure',
    'After a failure in the middle the walk over {rows} goes on: nothing lost, nothing twice',
    'Yield a page as soon as it is read, and ask again for the page that failed',
    async (bench, target) => {
      const { pages, rows } = await fullRun(bench, target)
      const at = Math.floor(pages.length / 2)
      for (const trouble of [troubles['upstream-down']?.[2], troubles['refused-access']?.[0]]) {
        if (!trouble) continue
        await inWorld(bench, async (world) => {
          await signedIn(target, world)
          const context = world.context({ intercept: once(at, trouble) })
          const found: AnyPage[] = []
          const between = (page: AnyPage) => void found.push(page)
          await walk(world, target, { context, patience: 0, between }).catch(() => {})
          // a failure of access is met by a refresh, where the adapter has one
          if (trouble.kind === 'auth') await refreshed(world)
          found.push(...await goOn(world, target, found))
          sameRows(rows, settle(found), `after ${trouble.name}`)
          const difference = differenceOf(plain(ids(pages)), plain(ids(found)))
          if (difference !== undefined) fail(`pages are others than before: ${difference}`)
        })
      }
    },
  ),
  ...ofEachTarget(
    'stored-before-a-failure',
    'What came before a failure in the walk over {rows} was yielded before it',
    'Yield each page before the next one is asked for: the host stores it at once',
    async (bench, target) => {
      const { pages } = await manyPages(bench, target, 2)
      const [trouble] = troubles['upstream-down'] ?? []
      if (!trouble) return fail('unreachable: there are such troubles')
      const at = pages.length - 1
      // some ask more than once for a page: by what comes behind the last page but one
      const isOneEach = await askedBefore(bench, target, Infinity) <= pages.length
      const first = isOneEach ? at : await askedBefore(bench, target, at)
      await inWorld(bench, async (world) => {
        await signedIn(target, world)
        const context = world.context({ intercept: once(first, trouble) })
        let yielded = 0
        const between = () => void yielded++
        await walk(world, target, { context, patience: 0, between }).catch(() => {})
        if (yielded < at) fail(`${at} pages were asked for, and ${yielded} were yielded`)
      })
    },
  ),
]
