/** Processing: orders from open to closed manifest, and what became of each line. */
import { z } from '@hono/zod-openapi'
import { fault } from '../../errors.ts'
import type { Processing } from '../../ledger/processing/processing.ts'
import type { Cursors } from '../cursor.ts'
import { pageOf } from '../examples.ts'
import { given } from '../given.ts'
import { Batch, batchExample, BatchLine, batchLineExample, Closure } from '../processing-schemas.ts'
import { type Route, route } from '../route.ts'
import { Cursor, exampleIds, Id, IdParams, Limit, listOf } from '../schemas.ts'

const path = '/v1/processing'
const tag = 'Processing'

const Ask = z.strictObject({
  marketplace_account_id: Id,
  order_ids: z.array(Id).min(1).max(500).optional().openapi({
    description: 'These orders; absent: all that are ready, 500 at most, the most urgent first',
  }),
  closure: Closure.default('IMMEDIATE'),
  quantities: z.array(z.strictObject({
    order_item_id: Id,
    quantity: z.int().min(0).max(1_000_000),
  })).max(5_000).default([]).openapi({
    description: 'How much of a line is confirmed, where it is less than stock and order allow',
  }),
})
const ListQuery = z.strictObject({
  cursor: Cursor.optional(),
  limit: Limit,
  account: Id.optional().openapi({ description: 'Of this marketplace account only' }),
})
const LineQuery = z.strictObject({
  cursor: Cursor.optional(),
  limit: Limit,
  state: z.enum(['OPEN', 'DONE', 'HELD', 'STOPPED']).optional(),
})
/** Milliseconds since 1970, and the id. */
const Position = z.tuple([z.number(), z.string()])
/** The order's place, and the line. */
const LinePosition = z.tuple([z.number(), z.string()])

export const processingRoutes = (processing: Processing, cursors: Cursors): readonly Route[] => [
  route({
    method: 'post',
    path,
    permission: 'processing:run',
    limitsAccounts: true,
    tag,
    summary: 'Process orders: confirm, pack, papers, manifest',
    body: Ask,
    answer: Batch,
    status: 202,
    once: 'required',
    answerHeaders: { location: 'The batch, which tells how far it is' },
    examples: {
      body: { marketplace_account_id: exampleIds.account, closure: 'DELAYED' },
      answer: batchExample,
    },
    problems: ['target-unsupported', 'marketplace-unknown', 'not-found'],
    handle: async ({ body }, { entry, header, accounts }) => {
      const batch = found(
        await processing.start(entry, {
          accountId: body.marketplace_account_id,
          ...given({ orderIds: body.order_ids }),
          ...{ closure: body.closure, quantities: body.quantities, accounts },
        }),
      )
      header('location', `${path}/${batch.id}`)
      return batch
    },
    replay: async (id, { entry, header, accounts }) => {
      header('location', `${path}/${id}`)
      return found(await processing.get(entry, id, accounts))
    },
  }),
  route({
    method: 'get',
    path,
    permission: 'processing:read',
    limitsAccounts: true,
    tag,
    summary: 'List batches, newest first',
    query: ListQuery,
    answer: listOf(Batch),
    examples: { answer: pageOf(batchExample) },
    problems: ['invalid-cursor'],
    handle: async ({ query }, { entry, accounts }) => {
      const filters = { accountId: query.account }
      const scope = { list: path, sellerId: entry.sellerId, filters }
      const after = query.cursor === undefined
        ? undefined
        : cursors.read(scope, query.cursor, Position)
      const { batches, next } = await processing.list(entry, {
        ...given(filters),
        ...(after === undefined ? {} : { after: { createdAt: new Date(after[0]), id: after[1] } }),
        ...{ limit: query.limit, accounts },
      })
      return {
        data: batches,
        page: {
          next: next === null ? null : cursors.write(scope, [next.createdAt.getTime(), next.id]),
        },
      }
    },
  }),
  route({
    method: 'get',
    path: `${path}/{id}`,
    permission: 'processing:read',
    limitsAccounts: true,
    tag,
    summary: 'Read how far a batch is, by stage',
    params: IdParams,
    answer: Batch,
    examples: { answer: batchExample },
    handle: async ({ params: { id } }, { entry, accounts }) =>
      found(await processing.get(entry, id, accounts)),
  }),
  route({
    method: 'get',
    path: `${path}/{id}/lines`,
    permission: 'processing:read',
    limitsAccounts: true,
    tag,
    summary: 'Read what became of each line, with the reasons',
    params: IdParams,
    query: LineQuery,
    answer: listOf(BatchLine),
    examples: { answer: pageOf(batchLineExample) },
    problems: ['invalid-cursor'],
    handle: async ({ params: { id }, query }, { entry, accounts }) => {
      const filters = { id, state: query.state }
      const scope = { list: `${path}/{id}/lines`, sellerId: entry.sellerId, filters }
      const after = query.cursor === undefined
        ? undefined
        : cursors.read(scope, query.cursor, LinePosition)
      const { lines, next } = found(
        await processing.lines(entry, id, {
          ...given({ state: query.state }),
          ...(after === undefined ? {} : { after: { position: after[0], item: after[1] } }),
          ...{ limit: query.limit, accounts },
        }),
      )
      return {
        data: lines,
        page: { next: next === null ? null : cursors.write(scope, [next.position, next.item]) },
      }
    },
  }),
]

const found = <T>(thing: T | null): T => {
  if (thing === null) throw fault('not-found')
  return thing
}
