/** What syncs did: what was asked, received, new, changed, unchanged and rejected. */
import { z } from '@hono/zod-openapi'
import { fault } from '../../errors.ts'
import type { Cursors } from '../cursor.ts'
import { pageOf, runExample } from '../examples.ts'
import { given } from '../given.ts'
import { type Route, route } from '../route.ts'
import { Cursor, Id, IdParams, Limit, listOf, Run } from '../schemas.ts'
import type { Runs } from '../services.ts'

const path = '/v1/runs'

const Query = z.strictObject({
  cursor: Cursor.optional(),
  limit: Limit,
  account: Id.optional().openapi({ description: 'Of this marketplace account only' }),
})
/** Milliseconds since 1970, and the id. */
const Position = z.tuple([z.number(), z.string()])

export const runRoutes = (runs: Runs, cursors: Cursors): readonly Route[] => [
  route({
    method: 'get',
    path,
    permission: 'runs:read',
    limitsAccounts: true,
    tag: 'Runs',
    summary: 'List runs, newest first',
    query: Query,
    answer: listOf(Run),
    examples: { answer: pageOf(runExample) },
    problems: ['invalid-cursor'],
    handle: async ({ query }, { entry, accounts }) => {
      const filters = { accountId: query.account }
      const scope = { list: path, sellerId: entry.sellerId, filters }
      const after = query.cursor === undefined
        ? undefined
        : cursors.read(scope, query.cursor, Position)
      const { runs: found, next } = await runs.list(entry, {
        ...given(filters),
        ...(after === undefined ? {} : { after: { createdAt: new Date(after[0]), id: after[1] } }),
        limit: query.limit,
        accounts,
      })
      return {
        data: found,
        page: {
          next: next === null ? null : cursors.write(scope, [next.createdAt.getTime(), next.id]),
        },
      }
    },
  }),
  route({
    method: 'get',
    path: `${path}/{id}`,
    permission: 'runs:read',
    limitsAccounts: true,
    tag: 'Runs',
    summary: 'Read one run',
    params: IdParams,
    answer: Run,
    examples: { answer: runExample },
    handle: async ({ params: { id } }, { entry, accounts }) => {
      const run = await runs.get(entry, id, accounts)
      if (run === null) throw fault('not-found')
      return run
    },
  }),
]
