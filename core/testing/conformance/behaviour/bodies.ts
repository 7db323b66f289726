/** Bad rows in good pages: put aside and counted, while the others stay; money to the paisa. */
import type { MarketplaceCheck } from '../check.ts'
import { fail, leaveOut } from '../judge.ts'
import { replaying } from '../replay.ts'
import { type Json, jsonOf, leavesOf, rowsIn, setAt, valueAt, withJson } from '../spoil.ts'
import { type AnyPage, fullRun, type RowTarget, walk } from '../walk.ts'
import { inWorld } from '../world.ts'
import { countFaultOf, formFaultOf } from './rows.ts'
import { type MarketBench, ofEachTarget } from './targets.ts'

interface Spoiling {
  readonly clean: AnyPage
  /** The rows of the first page, as they came. */
  readonly raw: readonly Json[]
  /** The first page, when its rows are made into others. */
  readonly read: (change: (rows: Json[]) => void) => Promise<AnyPage>
}

/** The first page with rows, again and again, with its answer spoiled in another way each time. */
export const spoiling = async (
  bench: MarketBench,
  target: RowTarget,
  work: (spoil: Spoiling) => Promise<void>,
): Promise<void> => {
  const { pages, world: { requests, account } } = await fullRun(bench, target)
  const at = pages.findIndex(({ received }) => received > 1)
  const clean = pages[at]
  if (!clean) fail('no page of a full run has two rows')
  if (!clean) return
  const request = requests.find(({ answer }) =>
    answer && rowsIn(jsonOf(answer), clean.received) !== undefined
  )
  if (!request?.answer && requests.some(({ isFile }) => isFile)) {
    leaveOut('the rows stand in a file: the checks of imports spoil its lines')
  }
  if (!request?.answer) fail('no answer has a list of as many objects as the page has received')
  const raw = rowsIn(jsonOf(request?.answer as never), clean.received) ?? []
  await inWorld(bench, async (world) => {
    const read: Spoiling['read'] = async (change) => {
      world.account = account
      const recorded = replaying(requests, (answer, asked) => {
        if (asked.url.href !== request?.url.href || asked.body !== request.body) return answer
        const json = jsonOf(answer)
        const rows = rowsIn(json, clean.received)
        if (rows) change(rows)
        return withJson(answer, json)
      })
      // a spoiled row may make the adapter ask for something else: the sandbox knows
      const intercept: typeof recorded = (asked, at) => {
        const meddling = recorded(asked, at)
        const isNew = meddling !== undefined && 'cut' in meddling && asked.method === 'GET'
        return isNew ? undefined : meddling
      }
      const context = world.context({ intercept })
      const found = await walk(world, target, { context, patience: 0, pages: at + 1 })
      return found[at] ?? fail('the page did not come')
    }
    await work({ clean, raw, read })
  })
}

const texts = new WeakMap<AnyPage, ReadonlyMap<string, string>>()
/** What stands for the rows of a page, wherever they stand in it: the same text for the same row. */
const byId = (page: AnyPage): ReadonlyMap<string, string> => {
  const known = texts.get(page)
  if (known) return known
  const made = new Map(page.rows.map((row) => [row.externalId, JSON.stringify(row)] as const))
  texts.set(page, made)
  return made
}

/** Rows of the clean page that are others in the spoiled one. */
const othersOf = (clean: AnyPage, spoiled: AnyPage): readonly string[] => {
  const found = byId(spoiled)
  return [...byId(clean)].flatMap(([id, row]) => found.get(id) === row ? [] : [id])
}

/**
 * What any spoiled page keeps to: it adds up, and rejected rows are told by a word. A row without
 * the form of the contract is one that the ledger puts aside by itself.
 */
const judgePage = (page: AnyPage, what: string): void => {
  const fault = countFaultOf(page)
  if (fault !== undefined) fail(`${what}: ${fault}`)
  for (const { reason, raw, key } of page.rejected) {
    if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(reason)) fail(`${what}: the reason is not kebab-case`)
    if (typeof raw !== 'string' || raw === '') fail(`${what}: the raw row is not kept`)
    if (key !== undefined && !/^[\w./-]{1,200}$/.test(key)) fail(`${what}: the key is no id`)
  }
}

const strangeRows: readonly (readonly [string, Json])[] = [
  ['an empty object', {}],
  ['a text', 'x'],
  ['null', null],
  ['a list', []],
  ['a number', 7],
]
const strangeValues: readonly (readonly [string, Json])[] = [
  ['nothing', undefined],
  ['null', null],
  ['an object', {}],
  ['another text', 'kit kit'],
  ['a number', 1e21],
]
const mostLeaves = 45
const moneyText = /^-?\d+\.\d{2}$/

export const bodyChecks: readonly MarketplaceCheck[] = [
  ...ofEachTarget(
    'bad-row-is-put-aside',
    'A row of the {rows} that is none is rejected and counted, and the others of its page stay',
    'Parse each row on its own, and give what does not parse in `rejected` with its raw text',
    (bench, target) =>
      spoiling(bench, target, async ({ clean, read }) => {
        for (const [what, value] of strangeRows) {
          const page = await read((rows) => void (rows[0] = value))
          judgePage(page, what)
          if (page.received !== clean.received) fail(`${what}: it was not received`)
          if (page.rejected.length !== clean.rejected.length + 1) {
            fail(`${what}: wanted it rejected, found ${page.rejected.length} rejected`)
          }
          if (othersOf(clean, page).length > 1) fail(`${what}: other rows are gone as well`)
        }
      }),
  ),
  ...ofEachTarget(
    'bad-members-harm-one-row',
    'A member of one row of the {rows} in another form never breaks a page or another row',
    'Let the schema of a row take what the row can do without, and reject it for the rest',
    (bench, target) =>
      spoiling(bench, target, async ({ clean, raw, read }) => {
        const leaves = leavesOf(raw[0])
        const step = Math.max(1, Math.ceil(leaves.length / mostLeaves))
        for (const path of leaves.filter((_, at) => at % step === 0)) {
          for (const [what, value] of strangeValues) {
            const name = `${path.join('.')} as ${what}`
            const page = await read((rows) => setAt(rows[0], path, value)).catch((error: Error) =>
              fail(`${name}: the page was lost: ${error.message.slice(0, 100)}`)
            )
            judgePage(page, name)
            if (othersOf(clean, page).length > 1) fail(`${name}: other rows are others as well`)
          }
        }
      }),
  ),
  ...ofEachTarget(
    'money-to-the-paisa',
    'An amount of the {rows} that has a part of a paisa is refused, and never rounded',
    'Read amounts by paiseOf(…), and reject the row where it gives undefined',
    (bench, target) =>
      spoiling(bench, target, async ({ clean, raw, read }) => {
        const [row] = raw
        const paths = leavesOf(row).filter((path) => moneyText.test(String(valueAt(row, path))))
        if (paths.length === 0) {
          leaveOut(`a row of the ${target.toLowerCase()} has no amount as text with two decimals`)
        }
        for (const path of paths) {
          const name = path.join('.')
          const page = await read((rows) => setAt(rows[0], path, `${valueAt(rows[0], path)}0049`))
          const others = othersOf(clean, page)
          const kept = byId(page)
          const wrong = others.filter((id) => kept.has(id)).filter((id) =>
            page.rows.some((one) => one.externalId === id && formFaultOf(target, one) === undefined)
          )
          if (wrong.length > 0) fail(`${name}: ${wrong[0]} is a row with another amount`)
        }
      }),
  ),
  ...ofEachTarget(
    'unknown-word-is-no-state',
    'A word for the state that nobody knows gives null, and never a wrong state of the {rows}',
    'Look the word up, and give null with the word in rawStatus where it is not there',
    (bench, target) =>
      spoiling(bench, target, async ({ clean, read }) => {
        const word = 'KIT_WORD_OF_TOMORROW'
        const words = new Set(clean.rows.map((row) => (row as { rawStatus?: string }).rawStatus))
        const page = await read((rows) => {
          for (const row of rows) {
            for (const path of leavesOf(row)) {
              if (words.has(valueAt(row, path))) setAt(row, path, word)
            }
          }
        })
        judgePage(page, 'an unknown word')
        const told = page.rows as readonly { rawStatus?: string; status?: unknown }[]
        const unknown = told.filter(({ rawStatus }) => rawStatus?.includes(word))
        const wrong = unknown.find(({ status }) => status !== null)
        if (wrong) fail(`the unknown word was read as ${String(wrong.status)}`)
        if (unknown.length === 0 && page.rejected.length === clean.rejected.length) {
          fail('no row tells the unknown word in rawStatus, and none is rejected')
        }
      }),
  ),
]
