/** The seller's audit trail: reading, export, signed digests, and the places that they leave to. */
import { z } from '@hono/zod-openapi'
import type { NewAnchor } from '../../audit/anchors.ts'
import type { DigestView } from '../../audit/trail.ts'
import { toHex } from '../../crypto/text.ts'
import { fault } from '../../errors.ts'
import {
  AuditAnchor,
  auditAnchorExample,
  AuditDigest,
  auditDigestExample,
  AuditEvent,
  auditEventExample,
  AuditKeys,
  auditKeysExample,
  NewAuditAnchor,
} from '../audit-schemas.ts'
import type { Cursors } from '../cursor.ts'
import { pageOf } from '../examples.ts'
import { streamAnswer } from '../exchange.ts'
import { given } from '../given.ts'
import { type Route, route } from '../route.ts'
import { Cursor, Id, IdParams, Limit, listOf } from '../schemas.ts'
import type { AuditServices } from '../services.ts'
import { From, isRange, rangeMessage, To } from '../times.ts'

const path = '/v1/audit'
const tag = 'Audit trail'

const filterShape = {
  action: z.string().max(200).regex(/^[a-z0-9.-]+$/).optional().openapi({
    description: 'Such as `user.invited`',
  }),
  actor: Id.optional().openapi({ description: 'By this person of the seller only' }),
  staff: z.enum(['true', 'false']).optional().openapi({
    description: 'What staff did, or what everybody else did',
  }),
  // PostgreSQL knows no text with a zero in it
  target: z.string().max(200).regex(/^[^\0]+$/).optional().openapi({
    description: '`<thing>:<id>`',
  }),
  from: From.optional(),
  to: To.optional(),
}
const Query = z.strictObject({ cursor: Cursor.optional(), limit: Limit, ...filterShape })
  .refine(({ from, to }) => isRange(from, to), { path: ['to'], message: rangeMessage })
const ExportQuery = z.strictObject(filterShape)
  .refine(({ from, to }) => isRange(from, to), { path: ['to'], message: rangeMessage })
const PageQuery = z.strictObject({ cursor: Cursor.optional(), limit: Limit })
/** The `seq` of the last one on the page before. */
const Position = z.int()

const NewPlace = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('hook'), url: z.string().min(1).max(2_000) }),
  z.strictObject({
    kind: z.literal('bucket'),
    // without a dot: the certificate of S3 does not cover such names
    bucket: z.string().regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/),
    region: z.string().regex(/^[a-z]{2}(?:-[a-z]{2,10}){1,3}-\d$/).optional(),
    bucket_owner: z.string().regex(/^\d{12}$/).optional().openapi({
      description: 'The AWS account that the bucket belongs to; another one is refused',
    }),
  }),
])

export const auditRoutes = (
  { trail, anchors, keys }: AuditServices,
  cursors: Cursors,
): readonly Route[] => [
  route({
    method: 'get',
    path,
    permission: 'audit:read',
    tag,
    summary: 'List what was done, and by whom, newest first',
    query: Query,
    answer: listOf(AuditEvent),
    examples: { answer: pageOf(auditEventExample) },
    problems: ['invalid-cursor'],
    handle: async ({ query: { cursor, limit, ...asked } }, { entry }) => {
      const filters = filtersOf(asked)
      const scope = { list: path, sellerId: entry.sellerId, filters }
      const after = cursor === undefined ? undefined : cursors.read(scope, cursor, Position)
      const { events, next } = await trail.list(entry, { filters, limit, ...given({ after }) })
      return { data: events, page: { next: next === null ? null : cursors.write(scope, next) } }
    },
  }),
  route({
    method: 'get',
    path: `${path}/export`,
    permission: 'audit:export',
    tag,
    summary: 'The trail as JSON lines that scripts/verify-audit.mjs verifies offline',
    query: ExportQuery,
    produces: 'application/x-ndjson',
    handle: async ({ query }, { entry, exchange }) => {
      const text = await trail.export(entry, filtersOf(query))
      return streamAnswer(exchange, 'application/x-ndjson; charset=utf-8', text)
    },
  }),
  route({
    method: 'get',
    path: `${path}/digests`,
    permission: 'audit:read',
    tag,
    summary: 'List the signed digests, newest first: whoever keeps one can prove what came before',
    query: PageQuery,
    answer: listOf(AuditDigest),
    examples: { answer: pageOf(auditDigestExample) },
    problems: ['invalid-cursor'],
    handle: async ({ query: { cursor, limit } }, { entry }) => {
      const scope = { list: `${path}/digests`, sellerId: entry.sellerId, filters: {} }
      const after = cursor === undefined ? undefined : cursors.read(scope, cursor, Position)
      const { digests, next } = await trail.digests(entry, { limit, ...given({ after }) })
      return {
        data: digests.map(shown),
        page: { next: next === null ? null : cursors.write(scope, next) },
      }
    },
  }),
  route({
    method: 'get',
    path: `${path}/keys`,
    permission: 'public',
    tag,
    summary: 'The public keys that digests are signed with, as a JWK set: keep it with the digests',
    answer: AuditKeys,
    examples: { answer: auditKeysExample },
    handle: () => ({ keys }),
  }),
  route({
    method: 'get',
    path: `${path}/anchors`,
    permission: 'audit:anchor',
    tag,
    summary: 'List the places of the seller that digests leave to',
    answer: listOf(AuditAnchor),
    examples: { answer: pageOf(auditAnchorExample) },
    handle: async (_input, { entry }) => ({
      data: await anchors.list(entry),
      page: { next: null },
    }),
  }),
  route({
    method: 'post',
    path: `${path}/anchors`,
    permission: 'audit:anchor',
    tag,
    summary: 'Add a place: an https hook (Standard Webhooks) or an S3 bucket of the seller',
    body: NewPlace,
    answer: NewAuditAnchor,
    status: 201,
    once: 'required',
    examples: {
      body: { kind: 'bucket', bucket: 'seller-trail', bucket_owner: '123456789012' },
      answer: { ...auditAnchorExample, secret: null },
    },
    problems: ['too-many-anchors'],
    handle: async ({ body }, { entry }) => {
      const { anchor, secret } = await anchors.add(entry, body satisfies NewAnchor)
      return { ...anchor, secret }
    },
    replay: async (id, { entry }) => {
      const anchor = (await anchors.list(entry)).find((one) => one.id === id)
      if (anchor === undefined) throw fault('not-found')
      return { ...anchor, secret: null }
    },
  }),
  route({
    method: 'delete',
    path: `${path}/anchors/{id}`,
    permission: 'audit:anchor',
    tag,
    summary: 'Take a place away; what has arrived there stays there',
    params: IdParams,
    handle: async ({ params: { id } }, { entry }) => {
      if (!await anchors.remove(entry, id)) throw fault('not-found')
    },
  }),
]

type Asked = Omit<z.output<typeof Query>, 'cursor' | 'limit'>

const filtersOf = ({ action, actor, staff, target, from, to }: Asked) =>
  given({
    action,
    actorUserId: actor,
    staff: staff === undefined ? undefined : staff === 'true',
    target,
    from,
    to,
  })

const shown = ({ body, signature, told }: DigestView) => ({
  seq_from: told.from,
  seq_to: told.to,
  events: told.events,
  signed_at: told.signedAt,
  key: told.key,
  head: told.head,
  previous: told.previous,
  body,
  signature: toHex(signature),
})
