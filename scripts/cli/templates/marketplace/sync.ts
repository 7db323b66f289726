/** The walk over changed orders, page by page: stop it anywhere, it goes on from its cursor. */
import { type Context, failure, type OrderRow, type Page, type SyncRequest } from 'robnu/plugin'
import { type Connection, listOrders } from './client.ts'
import { readOrders } from './rows.ts'
import type { Cursor } from './schemas.ts'

const beginning = '2020-01-01T00:00:00.000Z' // Nukkad has no older orders
const overlapMs = 10 * 60_000 // changes show up late: each run looks back behind the newest one

export async function* syncOrders(
  account: Connection,
  { cursor, window }: SyncRequest<Cursor>,
  ctx: Context,
): AsyncGenerator<Page<OrderRow, Cursor>> {
  const since = cursor?.since ?? window?.from.toISOString() ?? beginning
  const until = window?.to.toISOString()
  let after = cursor?.after ?? null
  for (;;) {
    const answer = await listOrders(account, { since, until, after }, ctx)
    // a walk that does not move would never end
    if (answer.next !== null && answer.next === after) {
      throw failure('bad-response', 'Nukkad gave the same page twice')
    }
    after = answer.next
    const page = readOrders(answer.orders)
    // the host stores rows and cursor in one transaction, and goes on from there
    yield {
      ...page,
      cursor: { since: after === null ? nextSince(since, page.rows) : since, after },
      last: after === null,
    }
    if (after === null) return
  }
}

/** Nukkad lists by the time of the change, so the newest one is on the last page. */
const nextSince = (since: string, rows: readonly OrderRow[]): string => {
  const newest = rows.reduce((max, { updatedAt }) => Math.max(max, updatedAt.getTime()), 0)
  return new Date(Math.max(Date.parse(since), newest - overlapMs)).toISOString()
}
