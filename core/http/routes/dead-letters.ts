/** Dead letters of the seller: what failed each time it was tried. */
import { z } from '@hono/zod-openapi'
import { fault } from '../../errors.ts'
import { type DeadLetters, letterStates } from '../../ledger/dead-letters.ts'
import type { Cursors } from '../cursor.ts'
import { pageOf } from '../examples.ts'
import { given } from '../given.ts'
import { Letter, letterExample } from '../queue-schemas.ts'
import { type Route, route } from '../route.ts'
import { Cursor, Id, IdParams, Limit, listOf } from '../schemas.ts'

const path = '/v1/dead-letters'
const tag = 'Dead letters'

const Query = z.strictObject({
  cursor: Cursor.optional(),
  limit: Limit,
  state: z.enum(letterStates).optional(),
  account: Id.optional().openapi({ description: 'Of this marketplace account only' }),
})
/** Milliseconds since 1970, and the id. */
export const Position = z.tuple([z.number(), z.string()])
const DecisionReason = z.string().trim().min(3).max(500).openapi({
  description: 'Kept with the letter and in the audit trail',
})

export const deadLetterRoutes = (letters: DeadLetters, cursors: Cursors): readonly Route[] => [
  route({
    method: 'get',
    path,
    permission: 'dead-letters:read',
    limitsAccounts: true,
    tag,
    summary: 'List work that failed each time it was tried, newest first',
    query: Query,
    answer: listOf(Letter),
    examples: { answer: pageOf(letterExample) },
    problems: ['invalid-cursor'],
    handle: async ({ query }, { entry, accounts }) => {
      const { cursor, limit, state, account } = query
      const filters = { state, accountId: account }
      const scope = { list: path, sellerId: entry.sellerId, filters }
      const after = cursor === undefined ? undefined : cursors.read(scope, cursor, Position)
      const { letters: data, next } = await letters.list(entry, {
        ...given(filters),
        ...after === undefined ? {} : { after: { createdAt: new Date(after[0]), id: after[1] } },
        limit,
        accounts,
      })
      return {
        data,
        page: { next: next && cursors.write(scope, [next.createdAt.getTime(), next.id]) },
      }
    },
  }),
  ...(['redrive', 'dismiss'] as const).map((decision) =>
    route({
      method: 'post',
      path: `${path}/{id}/${decision}`,
      permission: 'dead-letters:redrive',
      limitsAccounts: true,
      tag,
      summary: decision === 'redrive'
        ? 'Send it again, with a fresh count of tries; twice is once'
        : 'Let it be; the first decision stays',
      once: 'never',
      params: IdParams,
      body: z.strictObject({ reason: DecisionReason }),
      answer: Letter,
      examples: {
        body: { reason: 'The marketplace has mended its answers' },
        answer: letterExample,
      },
      handle: async ({ params: { id }, body: { reason } }, { entry, accounts }) => {
        const letter = await letters.decide(entry, { id, decision, reason, accounts })
        if (letter === null) throw fault('not-found')
        return letter
      },
    })
  ),
]
