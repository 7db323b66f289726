/** The walk over changed orders, page by page: stop it anywhere, it goes on from its cursor. */
import { type Adapter, type Context, failure, failureOf } from 'robnu/plugin'
import type { OrderRow, Page, SyncRequest } from 'robnu/plugin'
import { type Connection, pageTokenRefused, searchOrders } from './client.ts'
import { readOrders } from './rows.ts'
import type { AnyCursor } from './cursors.ts'
import { Config, type Credentials, type Cursor, type Details } from './schemas.ts'
import type { SearchOrdersAnswer, Walk } from './schemas.ts'
import { firstCursor, planPass, planWalk, watermarkAfter } from './walk.ts'

/**
 * Walks the orders that changed since the cursor, or in the window that is asked for. Stop it
 * anywhere: it goes on from the cursor of its last stored page.
 */
export const syncOrders: NonNullable<Adapter<Details, Credentials, AnyCursor>['syncOrders']> = (
  account,
  request,
  ctx,
) => {
  const { historyDays } = Config.parse(ctx.config ?? {})
  const known = request.cursor && 'watermark' in request.cursor ? request.cursor : undefined
  const cursor = known ?? firstCursor(ctx.now(), historyDays)
  return request.window
    ? syncWindow(account, cursor, request.window, ctx)
    : syncChanges(account, cursor, ctx)
}

type OrderPage = Page<OrderRow, Cursor>

async function* syncChanges(
  account: Connection,
  start: Cursor,
  ctx: Context,
): AsyncGenerator<OrderPage> {
  let cursor = start
  while (true) {
    const walk = cursor.walk ?? planWalk(cursor.watermark, ctx.now())
    if (!walk) return
    for await (const { answer, rest } of pagesOf(account, walk, ctx)) {
      const watermark = rest ? cursor.watermark : watermarkAfter(walk)
      cursor = { ...cursor, watermark, walk: rest }
      yield { ...readOrders(answer.orders), cursor, last: walk.last && rest === null }
    }
    // what changed meanwhile is the next run's: chasing the present would never end
    if (walk.last) return
  }
}

async function* syncWindow(
  account: Connection,
  start: Cursor,
  asked: NonNullable<SyncRequest<Cursor>['window']>,
  ctx: Context,
): AsyncGenerator<OrderPage> {
  const from = asked.from.toISOString()
  const to = asked.to.toISOString()
  const begun = start.pass?.from === from && start.pass.to === to ? start.pass.walk : undefined
  let walk = begun ?? planPass(from, to, ctx.now())
  while (walk) {
    const next: Walk | undefined = walk.last ? undefined : planPass(walk.to, to, ctx.now())
    for await (const { answer, rest } of pagesOf(account, walk, ctx)) {
      const left = rest ?? next
      const cursor = { ...start, pass: left ? { from, to, walk: left } : null }
      yield { ...readOrders(answer.orders), cursor, last: left === undefined }
    }
    walk = next
  }
}

interface WalkPage {
  readonly answer: SearchOrdersAnswer
  /** What is left of the window after this page; null: nothing. */
  readonly rest: Walk | null
}

async function* pagesOf(account: Connection, window: Walk, ctx: Context): AsyncGenerator<WalkPage> {
  let rest: Walk | null = window
  let begunAgain = false
  while (rest) {
    const answer: SearchOrdersAnswer | undefined = await searchOrders(account, rest, ctx)
      .catch((error: unknown) => {
        const refused = failureOf(error)?.code === pageTokenRefused
        if (!refused || begunAgain) throw error
        return undefined
      })
    if (answer) {
      const token: string | undefined = answer.pagination?.nextToken || undefined
      if (token !== undefined && token === rest.token) throw failure('bad-response', sameToken)
      rest = token === undefined ? null : { ...rest, token }
      yield { answer, rest }
    } else {
      // a token lives for a day: after a longer pause the window starts over, within its bounds
      ctx.log('amazon.window-begun-again', { from: rest.from, to: rest.to })
      rest = { ...rest, token: null }
      begunAgain = true
    }
  }
}

const sameToken = 'Cannot go on with the walk over orders: Amazon gave one page token twice'
