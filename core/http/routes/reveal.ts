/** One buyer in clear, for whoever sees them masked and says why they must not be. */
import { z } from '@hono/zod-openapi'
import { fault } from '../../errors.ts'
import { customerFields, type Reveals } from '../../ledger/reveal.ts'
import { Reason } from '../access-schemas.ts'
import { type Route, route } from '../route.ts'
import { Customer, exampleIds, Id, IdParams } from '../schemas.ts'

export const revealRoutes = (reveals: Reveals): readonly Route[] => [
  route({
    method: 'post',
    path: '/v1/orders/{id}/reveal',
    permission: 'customers:reveal',
    limitsAccounts: true,
    tag: 'Orders',
    summary: 'Show members of a buyer in clear; the reason goes into the audit trail',
    params: IdParams,
    body: z.strictObject({
      fields: z.array(z.enum(customerFields)).min(1).max(customerFields.length),
      reason: Reason,
    }),
    // whoever asks twice has seen it twice, and the trail says so
    once: 'never',
    answer: z.object({
      order_id: Id,
      customer: Customer.partial().openapi({
        description: 'The members that were asked for; null where the order holds none',
      }),
    }),
    examples: {
      body: { fields: ['phone'], reason: 'The courier cannot find the address' },
      answer: { order_id: exampleIds.order, customer: { phone: '+919876543212' } },
    },
    problems: ['quota-exceeded', 'keys-unavailable', 'buyer-erased'],
    handle: async ({ params: { id }, body }, { entry, accounts, person }) => {
      const customer = await reveals.reveal(entry, id, {
        userId: person().userId,
        fields: [...new Set(body.fields)],
        reason: body.reason,
        accounts,
      })
      if (customer === null) throw fault('not-found')
      return { order_id: id, customer }
    },
  }),
]
