/** How a seller leaves for good: its OWNER asks, has days to think better of it, and is told. */
import { z } from '@hono/zod-openapi'
import { fault } from '../../errors.ts'
import { offboardingStates } from '../../ledger/offboarding/rows.ts'
import { SellerName } from '../people-schemas.ts'
import { type Route, route } from '../route.ts'
import { exampleIds, Id, Time, TimeOrNull } from '../schemas.ts'
import type { Services } from '../services.ts'
import { Reason } from '../staff-schemas.ts'

const tag = 'Seller'
const path = '/v1/seller/offboarding'
const permission = 'seller:offboard'

const Offboarding = z.object({
  id: Id,
  state: z.enum(offboardingStates),
  reason: z.string(),
  requested_at: Time,
  shreds_at: Time.openapi({
    description: 'The keys are destroyed then, and never within 48 hours of the notice by mail',
  }),
  notice_at: TimeOrNull,
  withdrawn_at: TimeOrNull,
  export_id: z.guid().nullable().openapi({
    type: ['string', 'null'],
    format: 'uuid',
    description: 'The export of all data that was asked for with it',
  }),
}).openapi('Offboarding')
const example = {
  id: exampleIds.item,
  state: 'REQUESTED' as const,
  reason: 'We close the shop at the end of the season',
  requested_at: '2026-01-31T10:15:00.000Z',
  shreds_at: '2026-02-07T10:15:00.000Z',
  notice_at: null,
  withdrawn_at: null,
  export_id: exampleIds.run,
}

const found = <T>(value: T | null): T => {
  if (value === null) throw fault('not-found')
  return value
}

export const offboardingRoutes = (offboardings: Services['offboardings']): readonly Route[] => [
  route({
    method: 'get',
    path,
    permission,
    tag,
    summary: 'Whether the seller is about to leave, and when its keys are destroyed',
    answer: Offboarding,
    examples: { answer: example },
    problems: ['not-found'],
    handle: async (_input, { entry }) => found(await offboardings.get(entry)),
  }),
  route({
    method: 'post',
    path,
    permission,
    stepUp: true,
    evenSuspended: true,
    once: 'required',
    tag,
    summary:
      'Leave for good: after the days of grace the keys are destroyed, and nobody reads it again',
    body: z.strictObject({
      name: SellerName.openapi({ description: 'The name of the seller, typed once more' }),
      reason: Reason,
      export: z.boolean().default(true)
        .openapi({ description: 'Write all that the seller has into files first' }),
    }),
    answer: Offboarding,
    status: 202,
    examples: { body: { name: 'Sample Traders', reason: example.reason }, answer: example },
    problems: ['offboarding-open'],
    handle: ({ body }, { entry, person }) =>
      offboardings.request(entry, { ...body, byUserId: person().userId }),
    replay: async (id, { entry }) => found(await offboardings.get(entry, id)),
  }),
  route({
    method: 'delete',
    path,
    permission,
    evenSuspended: true,
    tag,
    summary: 'Call it back: nothing has been erased, and everything stays',
    answer: Offboarding,
    examples: { answer: { ...example, state: 'WITHDRAWN', withdrawn_at: example.requested_at } },
    problems: ['not-found'],
    handle: async (_input, { entry, person }) => {
      person()
      return found(await offboardings.withdraw(entry))
    },
  }),
]
