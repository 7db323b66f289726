/** Queues for staff: switches, dead letters of all sellers, and messages that led nowhere. */
import { z } from '@hono/zod-openapi'
import { fault } from '../../errors.ts'
import { letterStates, type StaffDeadLetters } from '../../ledger/dead-letters.ts'
import type { Switches } from '../../queues/switches.ts'
import type { Cursors } from '../cursor.ts'
import { pageOf } from '../examples.ts'
import { given } from '../given.ts'
import {
  Letter,
  letterExample,
  Stray,
  strayExample,
  Switch,
  switchExample,
} from '../queue-schemas.ts'
import { type Route, route } from '../route.ts'
import { Cursor, exampleIds, Id, IdParams, Limit, listOf } from '../schemas.ts'
import { Reason } from '../staff-schemas.ts'
import { Position } from './dead-letters.ts'

const path = '/v1/staff/dead-letters'
const switchesPath = '/v1/staff/switches'
const tag = 'Staff'

const Query = z.strictObject({
  cursor: Cursor.optional(),
  limit: Limit,
  state: z.enum(letterStates).optional(),
  seller: Id.optional().openapi({ description: 'Of this seller only' }),
})

export const staffQueueRoutes = (
  { letters, switches }: { readonly letters: StaffDeadLetters; readonly switches: Switches },
  cursors: Cursors,
): readonly Route[] => [
  route({
    method: 'get',
    path: switchesPath,
    permission: 'staff:switches',
    tag,
    summary: 'List what can be switched off, and what is',
    answer: listOf(Switch),
    examples: { answer: pageOf(switchExample) },
    handle: async (_input, { staff }) => ({
      data: await switches.list(staff),
      page: { next: null },
    }),
  }),
  route({
    method: 'put',
    path: switchesPath,
    permission: 'staff:switch',
    stepUp: true,
    tag,
    summary: 'Switch a sweep, a marketplace or an account on or off, within ten seconds',
    body: z.strictObject({
      key: z.string().min(1).max(100).openapi({
        description: '`sweep:<id>`, `marketplace:<CODE>` or `account:<id>`',
      }),
      enabled: z.boolean(),
      reason: Reason,
    }),
    answer: Switch,
    examples: {
      body: {
        key: 'marketplace:SAMPLE',
        enabled: false,
        reason: 'Their gateway answers nonsense since 10:00, INC-77',
      },
      answer: switchExample,
    },
    problems: ['switch-unknown'],
    handle: ({ body }, { staff }) => switches.set(staff, body),
  }),
  route({
    method: 'get',
    path,
    permission: 'staff:dead-letters',
    tag,
    summary: 'List work of all sellers that failed each time it was tried, newest first',
    query: Query,
    answer: listOf(Letter),
    examples: { answer: pageOf(letterExample) },
    problems: ['invalid-cursor'],
    handle: async ({ query: { cursor, limit, state, seller } }, { staff }) => {
      const filters = { state, sellerId: seller }
      const scope = { list: path, sellerId: staff.superAdminId, filters }
      const after = cursor === undefined ? undefined : cursors.read(scope, cursor, Position)
      const { letters: data, next } = await letters.list(staff, {
        ...given(filters),
        ...after === undefined ? {} : { after: { createdAt: new Date(after[0]), id: after[1] } },
        limit,
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
      permission: `staff:${decision}`,
      stepUp: true,
      tag,
      summary: decision === 'redrive'
        ? 'Send dead work of a seller again, with a fresh count of tries; twice is once'
        : 'Let dead work of a seller be; the first decision stays',
      once: 'never',
      params: IdParams,
      body: z.strictObject({
        seller_id: Id,
        reason: Reason.openapi({ description: 'The seller reads it' }),
      }),
      answer: Letter,
      examples: {
        body: { seller_id: exampleIds.seller, reason: 'The marketplace has mended its answers' },
        answer: letterExample,
      },
      handle: async ({ params: { id }, body: { seller_id: sellerId, reason } }, { staff }) => {
        const letter = await letters.decide(staff, { sellerId, id, decision, reason })
        if (letter === null) throw fault('not-found')
        return letter
      },
    })
  ),
  route({
    method: 'get',
    path: '/v1/staff/stray-messages',
    permission: 'staff:stray-messages',
    tag,
    summary: 'List the newest messages that led to no work of anybody',
    answer: listOf(Stray),
    examples: { answer: pageOf(strayExample) },
    handle: async (_input, { staff }) => ({
      data: await letters.strays(staff),
      page: { next: null },
    }),
  }),
]
