/** The shapes of sellers, their people and invitations, with an invented example of each. */
import { z } from '@hono/zod-openapi'
import { isEmail, normalEmail } from '../auth/emails.ts'
import { invitedRoles } from '../tenancy/invitations.ts'
import { consentModes, plans } from '../tenancy/sellers.ts'
import { RoleName } from './routes/auth.ts'
import { exampleIds, Id, Time, TimeOrNull } from './schemas.ts'

const at = '2026-01-31T10:15:00.000Z'
const IdOrNull = z.guid().nullable().openapi({ type: ['string', 'null'], format: 'uuid' })

/** An address that a mail will go to, as it is stored and looked up by. */
export const Email = z.string().min(1).max(320).transform(normalEmail)
  .refine(isEmail, 'must be an e-mail address')
  .openapi({ type: 'string', format: 'email', example: 'ravi@example.in' })
/** It stands in mails: one line, and nothing that turns the direction of what follows. */
export const SellerName = z.string().trim().min(1).max(100)
  .refine(
    (name) => !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u.test(name),
    'must be a name of one line',
  )
  .openapi({ example: 'Sample Traders' })
/** Of a link that went out by mail. */
export const LinkToken = z.string().min(1).max(200)

const Count = z.int().min(0)
const Day = z.string().openapi({ format: 'date', example: '2026-01-31' })

export const Consent = z.enum(consentModes).openapi('SupportConsent', {
  description: 'What support needs before it looks in: the consent of the seller, or to notify it',
})
export const Seller = z.object({
  id: Id,
  name: z.string(),
  plan: z.enum(plans),
  status: z.enum(['ACTIVE', 'SUSPENDED']),
  suspension: z.object({ since: Time, reason: z.string().nullable() }).nullable(),
  support_consent: Consent,
  created_at: Time,
  usage: z.object({
    limit: Count.nullable().openapi({
      description: 'Orders of a day that are too many for the plan; null: it has no limit',
    }),
    today: Count,
    days: z.array(z.object({ day: Day, orders: Count, is_over_limit: z.boolean() })).readonly()
      .openapi({
        description: 'The last 30 days of Asia/Kolkata, today first, by the time of the order',
      }),
  }),
  warning: z.object({
    code: z.literal('plan-limit-reached'),
    last_day: Day,
    days: Count.openapi({ description: 'How many of the last 30 days were over the limit' }),
  }).nullable().openapi({ description: 'Orders come in all the same: none is ever held back' }),
}).openapi('Seller')

export const sellerExample = {
  id: exampleIds.seller,
  name: 'Sample Traders',
  plan: 'FREE',
  status: 'ACTIVE',
  suspension: null,
  support_consent: 'REQUIRED',
  created_at: at,
  usage: {
    limit: 25,
    today: 27,
    days: [{ day: '2026-01-31', orders: 27, is_over_limit: true }],
  },
  warning: { code: 'plan-limit-reached', last_day: '2026-01-31', days: 1 },
}

export const Person = z.object({
  id: Id,
  email: z.string(),
  role: RoleName,
  joined_at: Time,
  removed_at: TimeOrNull,
  last_seen_at: TimeOrNull,
  has_second_factor: z.boolean(),
}).openapi('Person')
export const personExample = {
  id: exampleIds.user,
  email: 'ravi@example.in',
  role: 'OPERATOR',
  joined_at: at,
  removed_at: null,
  last_seen_at: at,
  has_second_factor: true,
}
/** Of somebody who goes. */
export const KeysLeft = z.object({
  api_keys: z.array(z.object({ id: Id, name: z.string(), prefix: z.string() })).readonly()
    .openapi({
      description:
        'Living keys that this person made: they are the seller’s, and stay unless `api_keys=revoke`',
    }),
})

export const InvitedRole = z.enum(invitedRoles)
export const Invitation = z.object({
  id: Id,
  email: z.string(),
  role: InvitedRole,
  state: z.enum(['OPEN', 'EXPIRED', 'ACCEPTED', 'REVOKED']),
  invited_by_user_id: Id,
  created_at: Time,
  sent_at: Time,
  expires_at: Time,
  accepted_user_id: IdOrNull,
}).openapi('Invitation')
export const invitationExample = {
  id: exampleIds.item,
  email: 'ravi@example.in',
  role: 'OPERATOR',
  state: 'OPEN',
  invited_by_user_id: exampleIds.user,
  created_at: at,
  sent_at: at,
  expires_at: '2026-02-07T10:15:00.000Z',
  accepted_user_id: null,
}
