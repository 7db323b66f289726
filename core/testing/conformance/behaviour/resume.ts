/** Stop anywhere, go on from the last stored cursor: nothing is lost, and nothing is new after all. */
import type { PayoutRow } from '../../../plugin.ts'
import type { MarketplaceCheck } from '../check.ts'
import { differenceOf, fail, plain } from '../judge.ts'
import { type AnyRow, fullRun, kept, manyPages, settle, walk, type WalkOptions } from '../walk.ts'
import { inWorld, type World } from '../world.ts'
import { ofEachTarget } from './targets.ts'

/** What the ledger would hold, against what it should. */
export const sameRows = (
  wanted: ReadonlyMap<string, AnyRow>,
  found: ReadonlyMap<string, AnyRow>,
  what: string,
): void => {
  for (const [id, row] of wanted) {
    const difference = differenceOf(plain(inOrder(row)), plain(inOrder(found.get(id))))
    if (difference !== undefined) fail(`${what}: ${id}, ${difference}`)
  }
  const more = [...found.keys()].find((id) => !wanted.has(id))
  if (more !== undefined) fail(`${what}: ${more} is new`)
}

/** Lines of a payout stand in the order in which they came first, which says nothing. */
const inOrder = (row: AnyRow | undefined): AnyRow | undefined =>
  row && 'lines' in row
    ? {
      ...row,
      lines: (row as unknown as PayoutRow).lines.toSorted((a, b) =>
        a.externalId < b.externalId ? -1 : 1
      ),
    } as AnyRow
    : row

/** At most so many of a list, spread over it: a long walk is not made from each of its pages. */
const spread = (count: number, most: number): readonly number[] => {
  const all = Array.from({ length: count }, (_, at) => at)
  return count <= most ? all : all.filter((at) => at % Math.ceil(count / most) === 0)
}

const mostCursors = 12

/** Runs on from the last cursor of what was stored. */
export const goOn = async (
  world: World,
  target: Parameters<typeof walk>[1],
  pages: Awaited<ReturnType<typeof walk>>,
  options: WalkOptions = {},
) => {
  const last = pages.at(-1)
  const cursor = last ? await kept(world.plugin, last.cursor) : null
  return await walk(world, target, { ...options, cursor })
}

export const resumeChecks: readonly MarketplaceCheck[] = [
  ...ofEachTarget(
    'same-run-same-rows',
    'The same run over the {rows} tells the same rows, page by page',
    'Make rows of nothing but the answer: no clock, no chance, no counter',
    async (bench, target) => {
      const { pages } = await fullRun(bench, target)
      await inWorld(bench, async (world) => {
        const again = await walk(world, target)
        const difference = differenceOf(
          pages.map(({ rows, received }) => plain({ rows, received })),
          again.map(({ rows, received }) => plain({ rows, received })),
        )
        if (difference !== undefined) fail(difference)
      })
    },
  ),
  ...ofEachTarget(
    'nothing-new-after-a-full-run',
    'A run right after a full one brings no row of the {rows} that is new or another',
    'Let the cursor of the last page stand behind everything that was walked',
    async (bench, target) => {
      const { pages, rows } = await fullRun(bench, target)
      await inWorld(bench, async (world) => {
        const more = await goOn(world, target, pages)
        sameRows(rows, settle([...pages, ...more]), 'the second run')
        const third = await goOn(world, target, more.length > 0 ? more : pages)
        sameRows(rows, settle([...pages, ...more, ...third]), 'the third run')
      })
    },
  ),
  ...ofEachTarget(
    'resume-from-every-cursor',
    'Stopped after any page, the walk over {rows} goes on from its cursor and misses nothing',
    'Keep in the cursor all that the next request needs, and ask for what comes behind it',
    async (bench, target) => {
      const { pages, rows, cursors } = await manyPages(bench, target, 2)
      await inWorld(bench, async (world) => {
        for (const at of spread(pages.length - 1, mostCursors)) {
          const rest = await walk(world, target, { cursor: cursors[at] })
          const stored = [...pages.slice(0, at + 1), ...rest]
          sameRows(rows, settle(stored), `after page ${at + 1}`)
        }
      })
    },
  ),
  ...ofEachTarget(
    'resume-repeats-little',
    'Going on from a cursor does not walk the {rows} before it again',
    'Let the cursor say where the walk stands, not only when it began',
    async (bench, target) => {
      const { pages, cursors } = await manyPages(bench, target, 3)
      const at = pages.length - 2
      await inWorld(bench, async (world) => {
        const rest = await walk(world, target, { cursor: cursors[at] })
        if (rest.length > 2) {
          fail(`after page ${at + 1} of ${pages.length}, ${rest.length} pages came`)
        }
      })
    },
  ),
]
