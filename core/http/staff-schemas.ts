/** The shapes of answers about staff, with an invented example of each. */
import { z } from '@hono/zod-openapi'
import {
  impersonationModes,
  impersonationStates,
  type ImpersonationView,
} from '../tenancy/impersonation-rows.ts'
import { sellerStates } from '../tenancy/staff-sellers.ts'
import { exampleIds, Id } from './schemas.ts'

const at = '2026-01-31T10:15:00.000Z'
const Time = z.date().openapi({ type: 'string', format: 'date-time', example: at })
const TimeOrNull = z.date().nullable().openapi({
  type: ['string', 'null'],
  format: 'date-time',
  example: at,
})
const IdOrNull = z.guid().nullable().openapi({ type: ['string', 'null'], format: 'uuid' })
const Count = z.int().min(0)

export const Mode = z.enum(impersonationModes).openapi('ImpersonationMode')
export const Minutes = z.int().min(1).max(60)
/** Of whoever acts for the platform: the seller reads it. */
export const Reason = z.string().trim().max(500)
  // counted as the database counts: a character of two units is one
  .refine((text) => [...text].length >= 10, 'must have at least 10 characters')
  .openapi({ minLength: 10 })
export const ticketForm = z.string().trim().min(1).max(100)

export const Impersonation = z.object({
  id: Id,
  seller: z.object({ id: Id, name: z.string() }),
  state: z.enum(impersonationStates).openapi({
    description: 'REQUESTED → APPROVED → LIVE → ENDED, or DENIED',
  }),
  mode: Mode,
  consent: z.enum(['REQUIRED', 'NOTIFY', 'EMERGENCY']).openapi({
    description: "What it needs: the seller's yes, to tell the seller, or a second one of staff",
  }),
  reason: z.string(),
  ticket: z.string(),
  minutes: Minutes.openapi({ description: 'How long it may be live' }),
  staff: z.object({ id: Id, name: z.string() }),
  requested_at: Time,
  decided_at: TimeOrNull,
  decided_by_user_id: IdOrNull,
  decided_by_super_admin_id: IdOrNull,
  started_at: TimeOrNull,
  expires_at: Time.openapi({
    description: 'Until then it can be decided and started, and once it is live, used',
  }),
  ended_at: TimeOrNull,
  ended_by: z.string().nullable().openapi({
    description:
      '`seller:<user id>`, `staff:<super admin id>`, `expired`, `staff-session` or `staff-removed`',
  }),
  reads: Count.openapi({ description: 'Requests that read something' }),
  acts: Count.openapi({ description: 'Requests that change something' }),
}).openapi('Impersonation')

const SupportSession = Impersonation.pick({
  id: true,
  mode: true,
  reason: true,
  ticket: true,
  staff: true,
  started_at: true,
  expires_at: true,
}).openapi('SupportSession')
/** What every person of the seller is told. */
export const SupportSessions = z.array(SupportSession).readonly().openapi({
  description: 'Staff who are inside the seller at this moment',
})

export const StaffSeller = z.object({
  id: Id,
  name: z.string(),
  plan: z.string(),
  status: z.enum(sellerStates),
  support_consent: z.enum(['REQUIRED', 'NOTIFY']),
  suspended_at: TimeOrNull,
  suspension_reason: z.string().nullable(),
  users: Count,
  marketplace_accounts: Count,
  created_at: Time,
}).openapi('StaffSeller')

export const StaffMe = z.object({
  staff: z.object({ id: Id, name: z.string(), email: z.string() }),
  expires_at: Time,
  stepped_up_at: Time.openapi({ description: 'When the second factor was last given' }),
  // a union: what is nullable and named would have to be an object and null at once
  impersonation: z.union([Impersonation, z.null()]),
}).openapi('StaffMe')

const staffId = '01998f6b-7f00-7a11-8b22-9c33ad44be55'
export const impersonationExample = {
  id: '01998f71-0b1c-7d2e-9f30-415263748596',
  seller: { id: exampleIds.seller, name: 'Sample Traders' },
  state: 'LIVE',
  mode: 'READ_ONLY',
  consent: 'REQUIRED',
  reason: 'Orders of the last week seem to be missing',
  ticket: 'SUP-1042',
  minutes: 30,
  staff: { id: staffId, name: 'Meera of support' },
  requested_at: at,
  decided_at: at,
  decided_by_user_id: exampleIds.user,
  decided_by_super_admin_id: null,
  started_at: at,
  expires_at: '2026-01-31T10:45:00.000Z',
  ended_at: null,
  ended_by: null,
  reads: 4,
  acts: 0,
}
export const supportSessionOf = (
  { id, mode, reason, ticket, staff, started_at, expires_at }: ImpersonationView,
) => ({ id, mode, reason, ticket, staff, started_at, expires_at })
export const supportSessionExample = {
  id: impersonationExample.id,
  mode: impersonationExample.mode,
  reason: impersonationExample.reason,
  ticket: impersonationExample.ticket,
  staff: impersonationExample.staff,
  started_at: at,
  expires_at: impersonationExample.expires_at,
}
export const staffSellerExample = {
  id: exampleIds.seller,
  name: 'Sample Traders',
  plan: 'EARLY_ACCESS',
  status: 'ACTIVE',
  support_consent: 'REQUIRED',
  suspended_at: null,
  suspension_reason: null,
  users: 3,
  marketplace_accounts: 2,
  created_at: at,
}
export const staffMeExample = {
  staff: { id: staffId, name: 'Meera of support', email: 'meera@support.example' },
  expires_at: at,
  stepped_up_at: at,
  impersonation: null,
}
