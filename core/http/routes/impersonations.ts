/** Staff in a seller, for the seller: who asks, who is in, what they did, and the end of it. */
import { z } from '@hono/zod-openapi'
import type { AuditTrail } from '../../audit/trail.ts'
import { fault } from '../../errors.ts'
import type { Impersonations } from '../../tenancy/impersonation.ts'
import { AuditEvent, auditEventExample } from '../audit-schemas.ts'
import type { Cursors } from '../cursor.ts'
import { pageOf } from '../examples.ts'
import { given } from '../given.ts'
import { type Route, route } from '../route.ts'
import { Cursor, IdParams, Limit, listOf } from '../schemas.ts'
import { Impersonation, impersonationExample, Minutes, Mode } from '../staff-schemas.ts'

const path = '/v1/impersonations'
const tag = 'Support sessions'

const PageQuery = z.strictObject({ cursor: Cursor.optional(), limit: Limit })
const Less = z.strictObject({
  mode: Mode.optional().openapi({ description: 'READ_ONLY, where more was asked for' }),
  minutes: Minutes.optional().openapi({ description: 'Less than was asked for' }),
})

export const impersonationRoutes = (
  impersonations: Impersonations,
  trail: Pick<AuditTrail, 'list'>,
  cursors: Cursors,
): readonly Route[] => {
  const deciding = {
    permission: 'impersonation:decide',
    tag,
    params: IdParams,
    once: 'never',
    // a suspended seller is master in its own house, too
    evenSuspended: true,
    answer: Impersonation,
  } as const

  return [
    route({
      method: 'get',
      path,
      permission: 'impersonation:read',
      tag,
      summary: 'List the sessions in which staff ask to look in, do so, or did, newest first',
      query: PageQuery,
      answer: listOf(Impersonation),
      examples: { answer: pageOf(impersonationExample) },
      problems: ['invalid-cursor'],
      handle: async ({ query: { cursor, limit } }, { entry }) => {
        const scope = { list: path, sellerId: entry.sellerId, filters: {} }
        const after = cursor === undefined ? undefined : cursors.read(scope, cursor, z.string())
        const found = await impersonations.list(entry, { limit, ...given({ after }) })
        const { next } = found
        return {
          data: found.impersonations,
          page: { next: next === null ? null : cursors.write(scope, next) },
        }
      },
    }),
    route({
      method: 'get',
      path: `${path}/{id}`,
      permission: 'impersonation:read',
      tag,
      summary: 'Read one session of staff',
      params: IdParams,
      answer: Impersonation,
      examples: { answer: impersonationExample },
      handle: async ({ params: { id } }, { entry }) => found(await impersonations.get(entry, id)),
    }),
    route({
      method: 'get',
      path: `${path}/{id}/events`,
      permission: 'impersonation:read',
      tag,
      summary: 'List what staff looked at and did in the session, newest first',
      params: IdParams,
      query: PageQuery,
      answer: listOf(AuditEvent),
      examples: { answer: pageOf(auditEventExample) },
      problems: ['invalid-cursor'],
      handle: async ({ params: { id }, query: { cursor, limit } }, { entry }) => {
        const scope = { list: `${path}/events`, sellerId: entry.sellerId, filters: { id } }
        const after = cursor === undefined ? undefined : cursors.read(scope, cursor, z.int())
        found(await impersonations.get(entry, id))
        const filters = { impersonationId: id }
        const { events, next } = await trail.list(entry, { filters, limit, ...given({ after }) })
        return {
          data: events,
          page: { next: next === null ? null : cursors.write(scope, next) },
        }
      },
    }),
    route({
      ...deciding,
      method: 'post',
      path: `${path}/{id}/approve`,
      summary: 'Let staff in, for as much as they asked for or less',
      body: Less,
      bodyIsOptional: true,
      examples: { body: { mode: 'READ_ONLY', minutes: 15 }, answer: impersonationExample },
      problems: ['impersonation-state'],
      handle: async ({ params: { id }, body }, { entry }) =>
        found(await impersonations.approve(entry, id, given({ ...body }))),
    }),
    route({
      ...deciding,
      method: 'post',
      path: `${path}/{id}/deny`,
      summary: 'Do not let staff in',
      examples: { answer: { ...impersonationExample, state: 'DENIED', started_at: null } },
      problems: ['impersonation-state'],
      handle: async ({ params: { id } }, { entry }) => found(await impersonations.deny(entry, id)),
    }),
    route({
      ...deciding,
      method: 'post',
      path: `${path}/{id}/end`,
      summary: 'Send staff out at once, or take a yes back',
      examples: { answer: { ...impersonationExample, state: 'ENDED' } },
      handle: async ({ params: { id } }, { entry }) => found(await impersonations.end(entry, id)),
    }),
  ]
}

const found = <T>(one: T | null): T => {
  if (one === null) throw fault('not-found')
  return one
}
