/** What a full run brings: whole rows, in their form, page by page. */
import { orderForm, payoutForm, returnForm } from '../../../rules/rows.ts'
import type { MarketplaceCheck } from '../check.ts'
import { readExpected } from '../expected.ts'
import { differenceOf, fail, plain } from '../judge.ts'
import { type AnyPage, fullRun, type RowTarget, walk } from '../walk.ts'
import { inWorld } from '../world.ts'
import { ofEachTarget } from './targets.ts'

const forms = { ORDERS: orderForm, RETURNS: returnForm, PAYOUTS: payoutForm } as const

/** Where a row does not have the form of the contract; undefined: it has. */
export const formFaultOf = (target: RowTarget, row: unknown): string | undefined => {
  const parsed = forms[target].safeParse(row)
  if (parsed.success) return undefined
  const [issue] = parsed.error.issues
  return `"${issue?.path.join('.')}": ${issue?.message}`
}

export const countFaultOf = ({ rows, rejected, received }: AnyPage): string | undefined =>
  rows.length + rejected.length === received
    ? undefined
    : `${received} received, ${rows.length} rows and ${rejected.length} rejected`

export const rowChecks: readonly MarketplaceCheck[] = [
  ...ofEachTarget(
    'expected-rows',
    'A full run brings the {rows} that a person has looked at, each of them whole',
    'Mend the mapping; where the rows are right, look at each and write them anew with --write',
    async (bench, target) => {
      const wanted = await readExpected(bench, target)
      const { rows } = await fullRun(bench, target)
      if (wanted.length === 0) fail('the file of expected rows has none')
      const found = new Map([...rows].map(([id, row]) => [id, plain(row)]))
      for (const row of wanted) {
        const difference = differenceOf(row, found.get(row.externalId))
        if (difference !== undefined) fail(`${row.externalId}, ${difference}`)
      }
      const known = new Set(wanted.map(({ externalId }) => externalId))
      const more = [...found.keys()].find((id) => !known.has(id))
      if (more !== undefined) fail(`${more} is not among the expected`)
    },
  ),
  ...ofEachTarget(
    'rows-have-their-form',
    'Every row of the {rows} has the form of the contract',
    'Give what core/plugin/rows.ts says: whole paise, dates as Date, null where nothing is told',
    async (bench, target) => {
      for (const row of (await fullRun(bench, target)).pages.flatMap((page) => page.rows)) {
        const fault = formFaultOf(target, row)
        if (fault !== undefined) fail(`${row.externalId} at ${fault}`)
      }
    },
  ),
  ...ofEachTarget(
    'pages-add-up',
    'What is received of the {rows} is a row or is rejected, on every page',
    'Count in `received` what the marketplace has sent, and put aside what cannot be a row',
    async (bench, target) => {
      for (const page of (await fullRun(bench, target)).pages) {
        const fault = countFaultOf(page)
        if (fault !== undefined) fail(fault)
      }
    },
  ),
  ...ofEachTarget(
    'cursors-are-kept',
    'Every cursor of the {rows} survives JSON and fits its own schema, unchanged',
    'Keep text, numbers and null in the cursor, and name every member in its schema',
    async (bench, target) => {
      const { pages, cursors } = await fullRun(bench, target)
      if (pages.length === 0) fail('a full run has no page')
      pages.forEach((page, at) => {
        const difference = differenceOf(page.cursor, cursors[at])
        if (difference !== undefined) fail(`of page ${at + 1}, ${difference}`)
      })
    },
  ),
  ...ofEachTarget(
    'last-is-last',
    'Nothing of the {rows} comes after a page that says it is the last',
    'Set `last` on the page after which the generator ends',
    async (bench, target) => {
      const { pages } = await fullRun(bench, target)
      await inWorld(bench, async (world) => {
        const all = await walk(world, target, { beyondLast: true })
        if (all.length > pages.length) {
          fail(`page ${pages.length} says that it is the last, and ${all.length} came`)
        }
      })
    },
  ),
  ...ofEachTarget(
    'can-be-cloned',
    'Pages of {rows} can be cloned, so that the plugin may run in a process of its own',
    'Yield plain objects, texts, numbers, dates and null: no function, no class, no proxy',
    async (bench, target) => {
      for (const page of (await fullRun(bench, target)).pages) {
        const difference = differenceOf(plain(page), plain(structuredClone(page)))
        if (difference !== undefined) fail(difference)
      }
    },
  ),
  ...ofEachTarget(
    'declared-only',
    'The walk over {rows} asks declared hosts over https, by operations that have a limit',
    'Name the host in `hosts` and the operation in `limits`',
    async (bench, target) => {
      const { breaches } = (await fullRun(bench, target)).world
      if (breaches.length > 0) fail([...new Set(breaches)].join(', '))
    },
  ),
]
