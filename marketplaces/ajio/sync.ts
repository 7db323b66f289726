/** One walk for orders, returns and settlements: stop it anywhere, it goes on from its cursor. */
import { type Adapter, type Context, failure, type Page, type SyncRequest } from 'robnu/plugin'
import type { RejectedRow, Sync } from 'robnu/plugin'
import type { RawPage } from './answers.ts'
import { connect } from './client.ts'
import { Config, type Credentials, type Cursor, type Details, type Walk } from './schemas.ts'
import type { PageAsk, Transport } from './transport.ts'
import { advance, firstCursor, planDeep, planPass, planWalk, watermarkAfter } from './walk.ts'

export type Reading<Row> = { readonly row: Row } | { readonly rejected: RejectedRow }
export type AjioAdapter = Adapter<Details, Credentials, Cursor>

const pageSize = 100 // the most that the gateway gives: pages are what the rate limit counts
const maxPages = 1000 // of one instant; more are a gateway that does not count

/** A sync of the contract, out of a list of the gateway and of what reads one of its rows. */
export const syncOf = <Row>(
  ask: (transport: Transport, query: PageAsk) => Promise<RawPage>,
  read: (raw: unknown) => Reading<Row>,
): Sync<Details, Credentials, Row, Cursor> =>
(account, request, ctx) => {
  const { historyDays } = Config.parse(ctx.config ?? {})
  const cursor = request.cursor ?? firstCursor(ctx.now(), historyDays)
  const walker: Walker<Row> = {
    ctx,
    ask: (walk) => ask(connect(account, ctx), queryOf(walk)),
    read: (content) => readAll(content, read),
  }
  return request.window ? syncWindow(walker, cursor, request.window) : syncChanges(walker, cursor)
}

interface Walker<Row> {
  readonly ctx: Context
  readonly ask: (walk: Walk) => Promise<RawPage>
  readonly read: (
    content: readonly unknown[],
  ) => Pick<Page<Row, Cursor>, 'rows' | 'rejected' | 'received'>
}

const queryOf = ({ at, to, page }: Walk): PageAsk => ({
  updatedFrom: at,
  updatedTo: to,
  page,
  size: pageSize,
})

/** All rows of a page, none lost: rows + rejected = received. */
const readAll = <Row>(content: readonly unknown[], read: (raw: unknown) => Reading<Row>) => {
  const rows: Row[] = []
  const rejected: RejectedRow[] = []
  for (const raw of content) {
    const reading = read(raw)
    if ('row' in reading) rows.push(reading.row)
    else rejected.push(reading.rejected)
  }
  return { rows, rejected, received: content.length }
}

async function* syncChanges<Row>(
  walker: Walker<Row>,
  start: Cursor,
): AsyncGenerator<Page<Row, Cursor>> {
  let cursor = start
  // the daily walk that a run before has begun
  for await (const page of syncDeep(walker, cursor, cursor.deep)) {
    yield page
    cursor = page.cursor
  }
  const deep = planDeep(cursor, walker.ctx.now())
  while (true) {
    const walk = cursor.walk ?? planWalk(cursor.watermark, walker.ctx.now())
    if (!walk) break
    for await (const { answer, rest } of pagesOf(walker, walk)) {
      const watermark = rest ? cursor.watermark : watermarkAfter(cursor, walk)
      cursor = { ...cursor, watermark, walk: rest }
      yield { ...walker.read(answer.content), cursor, last: walk.last && !rest && !deep }
    }
    // what changed meanwhile is the next run's: chasing the present would never end
    if (walk.last) break
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
  for await (const { answer, rest } of pagesOf(walker, walk)) {
    const cursor = { ...start, deep: rest, deepAt: rest ? start.deepAt : walk.to }
    yield { ...walker.read(answer.content), cursor }
  }
}

async function* syncWindow<Row>(
  walker: Walker<Row>,
  start: Cursor,
  asked: NonNullable<SyncRequest<Cursor>['window']>,
): AsyncGenerator<Page<Row, Cursor>> {
  const from = asked.from.toISOString()
  const to = asked.to.toISOString()
  const { now } = walker.ctx
  const begun = start.pass?.from === from && start.pass.to === to ? start.pass.walk : undefined
  let walk = begun ?? planPass(from, to, now())
  while (walk) {
    const next: Walk | undefined = walk.last ? undefined : planPass(walk.to, to, now())
    for await (const { answer, rest } of pagesOf(walker, walk)) {
      const left = rest ?? next
      const cursor = { ...start, pass: left ? { from, to, walk: left } : null }
      yield { ...walker.read(answer.content), cursor, last: left === undefined }
    }
    walk = next
  }
}

async function* pagesOf<Row>(
  walker: Walker<Row>,
  window: Walk,
): AsyncGenerator<{ readonly answer: RawPage; readonly rest: Walk | null }> {
  let walk: Walk | null = window
  while (walk) {
    if (walk.page > maxPages) throw failure('bad-response', endless)
    const answer: RawPage = await walker.ask(walk)
    walk = advance(walk, answer)
    yield { answer, rest: walk }
  }
}

const endless = 'Cannot go on with the walk: the gateway has more pages of one instant than it can'
