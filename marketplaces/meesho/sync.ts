/** One walk for orders, returns and payments: stop it anywhere, it goes on from its cursor. */
import { type Adapter, type Context, failure, failureOf, type Page } from 'robnu/plugin'
import type { RejectedRow, Sync, SyncRequest } from 'robnu/plugin'
import type { RawPage } from './answers.ts'
import { connect } from './client.ts'
import { badCursor } from './refusals.ts'
import { Config, type Credentials, type Cursor, type Details, type Walk } from './schemas.ts'
import type { PageAsk, Transport } from './transport.ts'
import { firstCursor, planDeep, planPass, planWalk, watermarkAfter } from './walk.ts'

export type Reading<Row> = { readonly row: Row } | { readonly rejected: RejectedRow }
export type MeeshoAdapter = Adapter<Details, Credentials, Cursor>
export type MeeshoSync<Row> = Sync<Details, Credentials, Row, Cursor>

const pageSize = 100 // the most that the gateway gives: pages are what the rate limit counts

/** What a page holds; received = rows + rejected. */
export type Content<Row> = Pick<Page<Row, Cursor>, 'rows' | 'rejected' | 'received'>
/**
 * Pages of one window, each with what is left of the window; null: nothing. `asked`: somebody has asked
 * for this window, and for nothing before it.
 */
export type PagesOf<Row> = (
  window: Walk,
  asked: boolean,
) => AsyncIterable<{ readonly content: Content<Row>; readonly rest: Walk | null }>

/** A sync of the contract, out of what gives the pages of a window. */
export const walkOf = <Row>(
  { deep }: { readonly deep: boolean },
  pagesFor: (
    account: Parameters<MeeshoSync<Row>>[0],
    ctx: Context,
  ) => PagesOf<Row>,
): MeeshoSync<Row> =>
(account, request, ctx) => {
  const { historyDays } = Config.parse(ctx.config ?? {})
  const cursor = request.cursor ?? firstCursor(ctx.now(), historyDays)
  const pages = pagesFor(account, ctx)
  return request.window
    ? syncWindow(pages, cursor, request.window, ctx.now)
    : syncChanges(pages, cursor, ctx.now, deep)
}

/** A sync out of a list of the gateway and of what reads one of its rows. */
export const syncOf = <Row>(
  ask: (transport: Transport, query: PageAsk) => Promise<RawPage>,
  read: (raw: unknown) => Reading<Row>,
): MeeshoSync<Row> =>
  walkOf({ deep: true }, (account, ctx) => {
    const transport = connect(account, ctx)
    return async function* (window) {
      let walk: Walk | null = window
      let begunAgain = false
      while (walk) {
        const here: Walk = walk
        const answer = await ask(transport, queryOf(here)).catch((error: unknown) => {
          const isDead = failureOf(error)?.code === badCursor && here.page !== null
          if (!isDead || begunAgain) throw error
          return undefined
        })
        if (!answer) {
          // a place that is no more: the window starts over, within its bounds
          ctx.log('window-begun-again', { from: here.from, to: here.to })
          begunAgain = true
          walk = { ...here, page: null }
          continue
        }
        const page = answer.next_cursor ?? null
        if (page !== null && page === here.page) throw failure('bad-response', samePlace)
        walk = page === null ? null : { ...here, page }
        yield { content: readAll(answer.data, read), rest: walk }
      }
    }
  })

const samePlace = 'Cannot go on with the walk: the gateway gave one place in it twice'

const queryOf = ({ from, to, page }: Walk): PageAsk => ({
  updatedFrom: from,
  updatedTo: to,
  cursor: page,
  limit: pageSize,
})

/** All rows of a page, none lost: rows + rejected = received. */
const readAll = <Row>(
  data: readonly unknown[],
  read: (raw: unknown) => Reading<Row>,
): Content<Row> => {
  const rows: Row[] = []
  const rejected: RejectedRow[] = []
  for (const raw of data) {
    const reading = read(raw)
    if ('row' in reading) rows.push(reading.row)
    else rejected.push(reading.rejected)
  }
  return { rows, rejected, received: data.length }
}

async function* syncChanges<Row>(
  pages: PagesOf<Row>,
  start: Cursor,
  now: () => Date,
  goesDeep: boolean,
): AsyncGenerator<Page<Row, Cursor>> {
  let cursor = start
  // the daily walk that a run before has begun
  for await (const page of syncDeep(pages, cursor, cursor.deep)) {
    yield page
    cursor = page.cursor
  }
  const deep = goesDeep ? planDeep(cursor, now()) : undefined
  while (true) {
    const walk = cursor.walk ?? planWalk(cursor.watermark, now())
    if (!walk) break
    for await (const { content, rest } of pages(walk, false)) {
      const watermark = rest ? cursor.watermark : watermarkAfter(cursor, walk)
      cursor = { ...cursor, watermark, walk: rest }
      yield { ...content, cursor, last: walk.last && !rest && !deep }
    }
    // what changed meanwhile is the next run's: chasing the present would never end
    if (walk.last) break
  }
  for await (const page of syncDeep(pages, cursor, deep)) {
    yield { ...page, last: page.cursor.deep === null }
  }
}

async function* syncDeep<Row>(
  pages: PagesOf<Row>,
  start: Cursor,
  walk: Walk | null | undefined,
): AsyncGenerator<Page<Row, Cursor>> {
  if (!walk) return
  for await (const { content, rest } of pages(walk, false)) {
    const cursor = { ...start, deep: rest, deepAt: rest ? start.deepAt : walk.to }
    yield { ...content, cursor }
  }
}

async function* syncWindow<Row>(
  pages: PagesOf<Row>,
  start: Cursor,
  asked: NonNullable<SyncRequest<Cursor>['window']>,
  now: () => Date,
): AsyncGenerator<Page<Row, Cursor>> {
  const from = asked.from.toISOString()
  const to = asked.to.toISOString()
  const begun = start.pass?.from === from && start.pass.to === to ? start.pass.walk : undefined
  let walk = begun ?? planPass(from, to, now())
  while (walk) {
    const next: Walk | undefined = walk.last ? undefined : planPass(walk.to, to, now())
    for await (const { content, rest } of pages(walk, true)) {
      const left = rest ?? next
      const cursor = { ...start, pass: left ? { from, to, walk: left } : null }
      yield { ...content, cursor, last: left === undefined }
    }
    walk = next
  }
}
