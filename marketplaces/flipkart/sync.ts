/** One walk for shipments and returns: stop it anywhere, it goes on from its cursor. */
import { type Adapter, type Context, failure, failureOf } from 'robnu/plugin'
import type { Page, RejectedRow, Sync, SyncRequest } from 'robnu/plugin'
import { connect } from './client.ts'
import { Config, type Credentials, type Cursor, type Details, type Walk } from './schemas.ts'
import type { PageAsk, RawPage, Transport } from './transport.ts'
import {
  advance,
  firstCursor,
  isBehind,
  planDeep,
  planPass,
  planWalk,
  watermarkAfter,
} from './walk.ts'

export type FlipkartAdapter = Adapter<Details, Credentials, Cursor>
/** What came of one list as rows of the ledger; none lost. */
export type Read<Row> = (
  transport: Transport,
  raws: readonly unknown[],
  list: string,
) => Promise<{ readonly rows: readonly Row[]; readonly rejected: readonly RejectedRow[] }>

const maxPages = 20_000 // of one run; more are a list that does not end

/** A sync of the contract, out of lists of Flipkart's, walked one after the other. */
export const syncOf = <Row>(
  lists: readonly [string, ...string[]],
  ask: (transport: Transport, page: PageAsk) => Promise<RawPage>,
  read: Read<Row>,
): Sync<Details, Credentials, Row, Cursor> =>
(account, request, ctx) => {
  const { historyDays } = Config.parse(ctx.config ?? {})
  const cursor = request.cursor ?? firstCursor(ctx.now(), historyDays)
  const walker: Walker<Row> = {
    ...{ ctx, lists },
    ask: (walk) => ask(connect(account, ctx), askOf(walk)),
    read: async (rows, list) => {
      const result = await read(connect(account, ctx), rows, list)
      // of a shipment with two orders come two rows
      return { ...result, received: result.rows.length + result.rejected.length }
    },
  }
  return request.window ? syncWindow(walker, cursor, request.window) : syncChanges(walker, cursor)
}

interface Walker<Row> {
  readonly ctx: Context
  readonly lists: readonly [string, ...string[]]
  readonly ask: (walk: Walk) => Promise<RawPage>
  readonly read: (
    rows: readonly unknown[],
    list: string,
  ) => Promise<Pick<Page<Row, Cursor>, 'rows' | 'rejected' | 'received'>>
}

const askOf = ({ list, from, to, next }: Walk): PageAsk => ({
  ...{ list, next },
  from: new Date(from),
  to: new Date(to),
})

async function* syncChanges<Row>(
  walker: Walker<Row>,
  start: Cursor,
): AsyncGenerator<Page<Row, Cursor>> {
  const { ctx, lists: [first] } = walker
  let cursor = start
  // the daily walk that a run before has begun
  for await (const page of syncDeep(walker, cursor, cursor.deep)) {
    yield page
    cursor = page.cursor
  }
  const deep = planDeep(cursor, ctx.now(), first)
  while (true) {
    const walk = cursor.walk ?? planWalk(cursor.watermark, ctx.now(), first)
    if (!walk) break
    let isLast = false
    for await (const { page, rest } of pagesOf(walker, walk)) {
      const watermark = rest ? cursor.watermark : watermarkAfter(cursor, walk)
      cursor = { ...cursor, watermark, walk: rest }
      isLast = walk.last && !rest && !isBehind(walk, ctx.now())
      yield { ...page, cursor, last: isLast && !deep }
    }
    // what changed meanwhile is the next run's: chasing the present would never end
    if (isLast) break
  }
  for await (const page of syncDeep(walker, cursor, deep)) {
    yield { ...page, last: page.cursor.deep === null }
  }
}

async function* syncDeep<Row>(
  walker: Walker<Row>,
  start: Cursor,
  walk: Walk | null | undefined,
): AsyncGenerator<Page<Row, Cursor>> {
  if (!walk) return
  for await (const { page, rest } of pagesOf(walker, walk)) {
    yield { ...page, cursor: { ...start, deep: rest, deepAt: rest ? start.deepAt : walk.to } }
  }
}

async function* syncWindow<Row>(
  walker: Walker<Row>,
  start: Cursor,
  asked: NonNullable<SyncRequest<Cursor>['window']>,
): AsyncGenerator<Page<Row, Cursor>> {
  const from = asked.from.toISOString()
  const to = asked.to.toISOString()
  const { ctx, lists: [first] } = walker
  const begun = start.pass?.from === from && start.pass.to === to ? start.pass.walk : undefined
  let walk = begun ?? planPass(from, to, ctx.now(), first)
  while (walk) {
    const next: Walk | undefined = walk.last ? undefined : planPass(walk.to, to, ctx.now(), first)
    for await (const { page, rest } of pagesOf(walker, walk)) {
      const left = rest ?? next
      const pass = left ? { from, to, walk: left, asked: null } : null
      yield { ...page, cursor: { ...start, pass }, last: left === undefined }
    }
    walk = next
  }
}

type ReadPage<Row> = Pick<Page<Row, Cursor>, 'rows' | 'rejected' | 'received'>

async function* pagesOf<Row>(
  walker: Walker<Row>,
  window: Walk,
): AsyncGenerator<{ readonly page: ReadPage<Row>; readonly rest: Walk | null }> {
  let walk: Walk | null = window
  for (let count = 0; walk; count++) {
    if (count > maxPages) throw failure('bad-response', endless)
    const current: Walk = walk
    const answer: RawPage | undefined = await walker.ask(current).catch((error: unknown) => {
      if (!isDeadPage(current, error)) throw error
      return undefined
    })
    if (!answer) {
      // a token lives for a while: after a longer pause the list starts over, within its bounds
      walker.ctx.log('flipkart.list-begun-again', { list: current.list, from: current.from })
      walk = { ...current, next: null, again: true }
      continue
    }
    walk = advance(current, answer.next, walker.lists)
    yield { page: await walker.read(answer.rows, current.list), rest: walk }
  }
}

/** Flipkart does not say how it refuses a page's token: any 400 of a next page, once. */
const isDeadPage = ({ next, again }: Walk, error: unknown): boolean =>
  next !== null && !again && failureOf(error)?.status === 400

const endless = 'Cannot go on with the walk: Flipkart has more pages than a seller can have'
