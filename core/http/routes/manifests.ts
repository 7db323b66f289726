/** Manifests: which parcels a courier takes over together. */
import { z } from '@hono/zod-openapi'
import { fault } from '../../errors.ts'
import type { Manifests } from '../../ledger/processing/manifest-rows.ts'
import type { Processing } from '../../ledger/processing/processing.ts'
import type { Cursors } from '../cursor.ts'
import { pageOf } from '../examples.ts'
import { given } from '../given.ts'
import {
  Batch,
  batchExample,
  Manifest,
  ManifestDetail,
  manifestDetailExample,
  manifestExample,
} from '../processing-schemas.ts'
import { type Route, route } from '../route.ts'
import { Cursor, exampleIds, Id, IdParams, Limit, listOf } from '../schemas.ts'

const path = '/v1/manifests'
const tag = 'Manifests'

const Query = z.strictObject({
  cursor: Cursor.optional(),
  limit: Limit,
  account: Id.optional().openapi({ description: 'Of this marketplace account only' }),
  state: z.enum(['OPEN', 'CLOSED']).optional(),
})
const Change = z.strictObject({
  add: z.array(Id).max(250).default([]),
  remove: z.array(Id).max(250).default([]),
}).refine(({ add, remove }) => add.length + remove.length > 0, {
  path: ['add'],
  message: 'must name a shipment, or `remove` must',
}).refine(({ add, remove }) => new Set([...add, ...remove]).size === add.length + remove.length, {
  path: ['remove'],
  message: 'must not name a shipment twice',
})
/** Milliseconds since 1970, and the id. */
const Position = z.tuple([z.number(), z.string()])

export const manifestRoutes = (
  manifests: Manifests,
  processing: Processing,
  cursors: Cursors,
): readonly Route[] => [
  route({
    method: 'get',
    path,
    permission: 'manifests:read',
    limitsAccounts: true,
    tag,
    summary: 'List manifests, newest first',
    query: Query,
    answer: listOf(Manifest),
    examples: { answer: pageOf(manifestExample) },
    problems: ['invalid-cursor'],
    handle: async ({ query }, { entry, accounts }) => {
      const filters = { accountId: query.account, state: query.state }
      const scope = { list: path, sellerId: entry.sellerId, filters }
      const after = query.cursor === undefined
        ? undefined
        : cursors.read(scope, query.cursor, Position)
      const { manifests: data, next } = await manifests.list(entry, {
        ...given(filters),
        ...(after === undefined ? {} : { after: { createdAt: new Date(after[0]), id: after[1] } }),
        ...{ limit: query.limit, accounts },
      })
      return {
        data,
        page: {
          next: next === null ? null : cursors.write(scope, [next.createdAt.getTime(), next.id]),
        },
      }
    },
  }),
  route({
    method: 'get',
    path: `${path}/{id}`,
    permission: 'manifests:read',
    limitsAccounts: true,
    tag,
    summary: 'Read one manifest with its parcels',
    params: IdParams,
    answer: ManifestDetail,
    examples: { answer: manifestDetailExample },
    handle: async ({ params: { id } }, { entry, accounts }) => {
      const manifest = await manifests.get(entry, id, accounts)
      if (manifest === null) throw fault('not-found')
      return manifest
    },
  }),
  route({
    method: 'post',
    path: `${path}/{id}/shipments`,
    permission: 'processing:run',
    limitsAccounts: true,
    tag,
    summary: 'Put shipments into an open manifest, or take them out',
    params: IdParams,
    body: Change,
    answer: Batch,
    status: 202,
    once: 'required',
    answerHeaders: { location: 'The batch that does it at the marketplace' },
    examples: { body: { add: [exampleIds.shipment], remove: [] }, answer: batchExample },
    problems: ['manifest-closed', 'target-unsupported', 'marketplace-unknown'],
    handle: async ({ params: { id }, body }, { entry, header, accounts }) => {
      const batch = await processing.changeManifest(entry, id, body, accounts)
      if (batch === null) throw fault('not-found')
      header('location', `/v1/processing/${batch.id}`)
      return batch
    },
    replay: async (id, { entry, header, accounts }) => {
      header('location', `/v1/processing/${id}`)
      const batch = await processing.get(entry, id, accounts)
      if (batch === null) throw fault('not-found')
      return batch
    },
  }),
  route({
    method: 'post',
    path: `${path}/{id}/close`,
    permission: 'manifests:close',
    limitsAccounts: true,
    tag,
    summary: 'Close an open manifest at the marketplace',
    params: IdParams,
    body: z.strictObject({}),
    bodyIsOptional: true,
    answer: Batch,
    status: 202,
    once: 'required',
    answerHeaders: { location: 'The batch that closes it' },
    examples: { body: {}, answer: batchExample },
    problems: ['manifest-closed', 'manifest-empty', 'target-unsupported', 'marketplace-unknown'],
    handle: async ({ params: { id } }, { entry, header, accounts }) => {
      const batch = await processing.closeManifest(entry, id, accounts)
      if (batch === null) throw fault('not-found')
      header('location', `/v1/processing/${batch.id}`)
      return batch
    },
    replay: async (id, { entry, header, accounts }) => {
      header('location', `/v1/processing/${id}`)
      const batch = await processing.get(entry, id, accounts)
      if (batch === null) throw fault('not-found')
      return batch
    },
  }),
]
