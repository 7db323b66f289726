/** Pages of lists that stand by a time (or a day) and an id, newest first. */
import { z } from '@hono/zod-openapi'
import type { AccountLimit } from '../rbac/decide.ts'
import type { Cursors } from './cursor.ts'
import { type Given, given } from './given.ts'

/** An ISO time, or a day, and the id. */
const Position = z.tuple([z.string(), z.string()])

interface Place {
  readonly at: string
  readonly id: string
}
interface Ask<Filters> {
  readonly accountId?: string
  readonly after?: Place
  readonly filter: Given<Filters>
  readonly limit: number
  readonly accounts: AccountLimit | null
}

/** Reads where to go on, asks, and says where the next page begins. Throws `invalid-cursor`. */
export const pageByTime = async <Filters extends object, Row>(
  { cursors, path, sellerId, query, filters, accounts }: {
    readonly cursors: Cursors
    /** Of the list: a cursor of another one is refused. */
    readonly path: string
    readonly sellerId: string
    readonly query: {
      readonly cursor?: string | undefined
      readonly limit: number
      readonly account?: string | undefined
    }
    readonly filters: Filters
    readonly accounts: AccountLimit | null
  },
  list: (
    ask: Ask<Filters>,
  ) => Promise<{ readonly rows: readonly Row[]; readonly next: Place | null }>,
) => {
  const scope = { list: path, sellerId, filters: { ...filters, accountId: query.account } }
  const after = query.cursor && cursors.read(scope, query.cursor, Position)
  const { rows, next } = await list({
    ...given({ accountId: query.account }),
    ...(after ? { after: { at: after[0], id: after[1] } } : {}),
    filter: given(filters),
    ...{ limit: query.limit, accounts },
  })
  return { data: rows, page: { next: next && cursors.write(scope, [next.at, next.id]) } }
}
