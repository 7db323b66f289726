/** Staff in a seller, for staff: ask to come in, start, end. */
import { z } from '@hono/zod-openapi'
import { fault } from '../../errors.ts'
import type { StaffImpersonations } from '../../tenancy/impersonation-staff.ts'
import type { Cursors } from '../cursor.ts'
import { pageOf } from '../examples.ts'
import { given } from '../given.ts'
import { type Route, route } from '../route.ts'
import { Cursor, exampleIds, Id, IdParams, Limit, listOf } from '../schemas.ts'
import {
  Impersonation,
  impersonationExample,
  Minutes,
  Mode,
  Reason,
  ticketForm,
} from '../staff-schemas.ts'

const path = '/v1/staff/impersonations'
const tag = 'Staff'

const Query = z.strictObject({
  cursor: Cursor.optional(),
  limit: Limit,
  seller: Id.optional().openapi({ description: 'Into this seller only' }),
})
const Ask = z.strictObject({
  seller_id: Id,
  reason: Reason.openapi({ description: 'The seller reads it' }),
  ticket: ticketForm,
  mode: Mode.default('READ_ONLY'),
  minutes: Minutes.default(30),
  emergency: z.boolean().default(false).openapi({
    description: 'A second one of staff lets you in, to read only; the seller is told at once',
  }),
}).refine(({ mode, emergency }) => !emergency || mode === 'READ_ONLY', {
  path: ['mode'],
  message: 'must be READ_ONLY in an emergency',
})

export const staffImpersonationRoutes = (
  impersonations: StaffImpersonations,
  cursors: Cursors,
): readonly Route[] => {
  const moving = {
    tag,
    once: 'never',
    params: IdParams,
    answer: Impersonation,
    examples: { answer: impersonationExample },
  } as const

  return [
    route({
      method: 'get',
      path,
      permission: 'staff:impersonations',
      tag,
      summary: 'List the sessions of all staff, newest first',
      query: Query,
      answer: listOf(Impersonation),
      examples: { answer: pageOf(impersonationExample) },
      problems: ['invalid-cursor'],
      handle: async ({ query: { cursor, limit, seller } }, { staff }) => {
        const filters = { sellerId: seller }
        const scope = { list: path, sellerId: staff.superAdminId, filters }
        const after = cursor === undefined ? undefined : cursors.read(scope, cursor, z.string())
        const found = await impersonations.list(staff, { limit, ...given({ ...filters, after }) })
        const { next } = found
        return {
          data: found.impersonations,
          page: { next: next === null ? null : cursors.write(scope, next) },
        }
      },
    }),
    route({
      method: 'post',
      path,
      permission: 'staff:impersonate',
      stepUp: true,
      tag,
      summary: 'Ask to come into a seller; where the seller wants to be told only, you may start',
      // one open request for a seller: a second one is refused
      once: 'never',
      body: Ask,
      answer: Impersonation,
      status: 201,
      examples: {
        body: {
          seller_id: exampleIds.seller,
          reason: impersonationExample.reason,
          ticket: impersonationExample.ticket,
          mode: 'READ_ONLY',
          minutes: 30,
        },
        answer: { ...impersonationExample, state: 'REQUESTED' },
      },
      problems: ['not-found', 'conflict-of-interest', 'impersonation-open'],
      handle: async ({ body: { seller_id: sellerId, ...ask } }, { staff }) =>
        found(await impersonations.request(staff, { sellerId, ...ask })),
    }),
    route({
      ...moving,
      method: 'post',
      path: `${path}/{id}/approve`,
      permission: 'staff:impersonate',
      stepUp: true,
      summary: 'Let another one of staff in, in an emergency',
      problems: ['conflict-of-interest', 'impersonation-state'],
      handle: async ({ params: { id } }, { staff }) =>
        found(await impersonations.approve(staff, id)),
    }),
    route({
      ...moving,
      method: 'post',
      path: `${path}/{id}/start`,
      permission: 'staff:impersonate',
      stepUp: true,
      summary: 'Come in: from now on X-Robnu-Impersonation with the id acts inside the seller',
      problems: ['conflict-of-interest', 'impersonation-open', 'impersonation-state'],
      handle: async ({ params: { id } }, { staff }) => found(await impersonations.start(staff, id)),
    }),
    route({
      ...moving,
      method: 'post',
      path: `${path}/{id}/end`,
      permission: 'staff:impersonate',
      summary: 'Leave the seller, or take the request back',
      problems: ['impersonation-state'],
      handle: async ({ params: { id } }, { staff }) => found(await impersonations.end(staff, id)),
    }),
  ]
}

const found = <T>(one: T | null): T => {
  if (one === null) throw fault('not-found')
  return one
}
