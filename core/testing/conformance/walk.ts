/** Walks over orders, returns and payouts as the host makes them: page by page, patient, resumable. */
import {
  type Context,
  failureKind,
  failureOf,
  type Marketplace,
  type Page,
  type PayoutRow,
  type SyncRequest,
} from '../../plugin.ts'
import type { Bench } from './bench.ts'
import { fail, leaveOut } from './judge.ts'
import { memoOf } from './memo.ts'
import { inWorld, parsed, type World } from './world.ts'

export type RowTarget = 'ORDERS' | 'RETURNS' | 'PAYOUTS'
export const rowTargets: readonly RowTarget[] = ['ORDERS', 'RETURNS', 'PAYOUTS']
const methods = { ORDERS: 'syncOrders', RETURNS: 'syncReturns', PAYOUTS: 'syncPayouts' } as const

/** What every kind of row has. */
export interface AnyRow {
  readonly externalId: string
  readonly updatedAt: Date
}
export type AnyPage = Page<AnyRow, unknown>
type AnySync = (
  account: unknown,
  request: SyncRequest<unknown>,
  ctx: Context,
) => AsyncIterable<AnyPage>

export const syncOf = ({ adapter }: Marketplace, target: RowTarget): AnySync | undefined =>
  adapter[methods[target]] as AnySync | undefined

export interface WalkOptions {
  readonly cursor?: unknown
  readonly window?: { readonly from: Date; readonly to: Date }
  readonly context?: Context
  /** Ends after so many pages, as a slice of the host does. */
  readonly pages?: number
  /** How often a failure is met with patience; 0: the first one is thrown. */
  readonly patience?: number
  /** Goes on behind a page that says it is the last. */
  readonly beyondLast?: boolean
  readonly between?: (page: AnyPage, at: number) => Promise<void> | void
}

/** The cursor as the host keeps it: JSON, read back by its own schema. */
export const kept = async (plugin: Marketplace, cursor: unknown): Promise<unknown> =>
  await parsed(plugin.cursor, JSON.parse(JSON.stringify(cursor)), 'cursor')

/** The pages of one run. A dead session is refreshed, as the host does it. */
export const walk = async (
  world: World,
  target: RowTarget,
  options: WalkOptions = {},
): Promise<readonly AnyPage[]> => {
  const pages: AnyPage[] = []
  let cursor: unknown = options.cursor ?? null
  const context = options.context ?? world.context()
  await patiently(world, context, options.patience ?? 20, async () => {
    if (pages.length === options.pages) return
    const request = requestOf(cursor, options)
    const sync = syncOf(world.plugin, target)
    if (!sync) throw new Error(`the adapter has no method for ${target}`)
    for await (const page of sync(world.account, request, context)) {
      pages.push(page)
      cursor = await kept(world.plugin, page.cursor)
      await options.between?.(page, pages.length)
      if (page.last === true && !options.beyondLast) return
      if (pages.length === options.pages) return
      if (pages.length > maxPages) throw new Error(`does not end after ${maxPages} pages`)
    }
  })
  return pages
}
const maxPages = 2000

const requestOf = (cursor: unknown, { window }: WalkOptions): SyncRequest<unknown> => ({
  cursor,
  reason: window ? 'backfill' : 'schedule',
  ...(window ? { window } : {}),
})

/** Does a piece of work again after what the host is patient with. */
export const patiently = async (
  world: World,
  context: Context,
  patience: number,
  work: () => Promise<void>,
): Promise<void> => {
  for (let left = patience;; left--) {
    try {
      return await work()
    } catch (error) {
      const kind = failureKind(error)
      const { refresh } = world.plugin.adapter
      if (left <= 0 || kind === undefined) throw error
      if (kind === 'auth' && refresh) {
        const credentials = await refresh(world.account, context)
        world.account = {
          ...world.account,
          credentials: await parsed(world.plugin.credentials, credentials, 'refreshed credentials'),
        }
      } else if (kind === 'rate-limit') {
        await world.pass(Math.ceil((failureOf(error)?.retryAfterMs ?? 60_000) / 1000))
      } else if (kind === 'unavailable') await world.pass(300)
      else throw error
    }
  }
}

/** What the ledger holds after these pages: the newest of each row, payouts with all their lines. */
export const settle = (pages: readonly AnyPage[]): ReadonlyMap<string, AnyRow> => {
  const rows = new Map<string, AnyRow>()
  for (const row of pages.flatMap((page) => page.rows)) {
    const known = rows.get(row.externalId)
    const newer = !known || known.updatedAt <= row.updatedAt
    const latest = newer ? row : known
    rows.set(row.externalId, 'lines' in row ? withLines(latest, known, row) : latest)
  }
  return new Map([...rows].sort(([a], [b]) => a < b ? -1 : 1))
}

const withLines = (latest: AnyRow, ...parts: readonly (AnyRow | undefined)[]): AnyRow => {
  const lines = new Map(
    parts.flatMap((part) => (part as PayoutRow | undefined)?.lines ?? [])
      .map((line) => [line.externalId, line]),
  )
  return { ...latest, lines: [...lines.values()] } as AnyRow
}

/** A full run of the sample's account, made once for all checks that only look at it. */
export interface FullRun {
  readonly pages: readonly AnyPage[]
  readonly rows: ReadonlyMap<string, AnyRow>
  readonly cursors: readonly unknown[]
  readonly world: Pick<World, 'requests' | 'logged' | 'breaches' | 'account'>
  /** The upstream's clock during it. */
  readonly now: Date
}

export const fullRun = (bench: Bench<Marketplace>, target: RowTarget): Promise<FullRun> =>
  memoOf(bench, `full run ${target}`, () =>
    inWorld(bench, async (world) => {
      const pages = await walk(world, target)
      // whatever is said of nothing holds
      if (world.requests.length === 0) fail('a full run asks the marketplace for nothing')
      if (pages.every(({ rows }) => rows.length === 0)) fail('a full run brings no row')
      const cursors = await Promise.all(pages.map((page) => kept(bench.plugin, page.cursor)))
      const { requests, logged, breaches, account } = world
      return {
        ...{ pages, cursors, rows: settle(pages), now: world.context().now() },
        world: { requests: [...requests], logged: [...logged], breaches: [...breaches], account },
      }
    }))

/** The full run, for a check that says nothing of a shorter one. */
export const manyPages = async (
  bench: Bench<Marketplace>,
  target: RowTarget,
  least: number,
): Promise<FullRun> => {
  const run = await fullRun(bench, target)
  const word = target.toLowerCase()
  if (run.pages.length < least) leaveOut(`a full run of the ${word} has less than ${least} pages`)
  return run
}
