/** Staff: signing in, and what they may do outside of any seller. */
import { z } from '@hono/zod-openapi'
import { fault } from '../../errors.ts'
import { AuditEvent, auditEventExample } from '../audit-schemas.ts'
import { sellerStates } from '../../tenancy/staff-sellers.ts'
import { authBodyLimit } from '../body.ts'
import { clearedStaffCookie, staffCookie } from '../cookie.ts'
import type { Cursors } from '../cursor.ts'
import { pageOf } from '../examples.ts'
import { given } from '../given.ts'
import { type Route, route } from '../route.ts'
import { Cursor, Id, IdParams, Limit, listOf } from '../schemas.ts'
import type { StaffServices } from '../services.ts'
import {
  Reason,
  StaffMe,
  staffMeExample,
  StaffSeller,
  staffSellerExample,
} from '../staff-schemas.ts'
import { Code, Password } from './auth.ts'

const tag = 'Staff'
const sellersPath = '/v1/staff/sellers'
const auditPath = '/v1/staff/audit'

const Proof = { email: z.string().min(1).max(320), password: Password, code: Code }
const proofExample = {
  email: 'meera@support.example',
  password: 'Quiet-Monsoon-7-Lanterns',
  code: '123456',
}
const SellersQuery = z.strictObject({
  cursor: Cursor.optional(),
  limit: Limit,
  status: z.enum(sellerStates).optional(),
})
const AuditQuery = z.strictObject({
  cursor: Cursor.optional(),
  limit: Limit,
  seller: Id.optional().openapi({ description: 'What was done to this seller, or inside it' }),
  staff: Id.optional().openapi({ description: 'By this member of staff only' }),
})

export const staffRoutes = (
  { signIn, me, sellers, trail }: StaffServices,
  cursors: Cursors,
): readonly Route[] => [
  route({
    method: 'post',
    path: '/v1/staff/login',
    permission: 'public',
    tag,
    summary: 'Sign in as staff, with the second factor; the answer sets the cookie of the session',
    body: z.strictObject(Proof),
    maxBodyBytes: authBodyLimit,
    answer: z.object({
      staff: z.object({ id: Id, name: z.string() }),
      expires_at: StaffMe.shape.expires_at,
    }),
    answerHeaders: { 'set-cookie': 'The session, for twelve hours at most' },
    examples: {
      body: proofExample,
      answer: {
        staff: { id: staffMeExample.staff.id, name: staffMeExample.staff.name },
        expires_at: staffMeExample.expires_at,
      },
    },
    problems: ['sign-in-refused', 'sign-in-throttled', 'password-expired'],
    handle: async ({ body }, { clientIp, exchange }) => {
      const { token, staff, expiresAt } = await signIn.signIn({ ...body, clientIp })
      exchange.cookie = staffCookie(token)
      return { staff, expires_at: expiresAt }
    },
  }),
  route({
    method: 'post',
    path: '/v1/staff/password',
    permission: 'public',
    tag,
    summary: 'Choose a new password, also when the old one is too old; ends all own sessions',
    body: z.strictObject({ ...Proof, new_password: Password }),
    maxBodyBytes: authBodyLimit,
    answerHeaders: { 'set-cookie': 'Removes the cookie' },
    examples: { body: { ...proofExample, new_password: 'Nine-Copper-Kites-Over-Pune-4' } },
    problems: ['sign-in-refused', 'sign-in-throttled', 'password-refused'],
    handle: async ({ body: { new_password: next, ...proof } }, { clientIp, exchange }) => {
      await signIn.changePassword({ ...proof, clientIp }, next)
      exchange.cookie = clearedStaffCookie
    },
  }),
  route({
    method: 'post',
    path: '/v1/staff/logout',
    permission: 'staff:leave',
    tag,
    summary: 'End the session, and the impersonation that was started from it',
    once: 'never',
    answerHeaders: { 'set-cookie': 'Removes the cookie' },
    handle: async (_input, { staff, exchange }) => {
      await signIn.signOut(staff)
      exchange.cookie = clearedStaffCookie
    },
  }),
  route({
    method: 'post',
    path: '/v1/staff/step-up',
    permission: 'staff:step-up',
    tag,
    summary: 'Give the second factor again, for acts that ask for it within ten minutes',
    once: 'never',
    body: z.strictObject({ code: Code }),
    maxBodyBytes: authBodyLimit,
    examples: { body: { code: '123456' } },
    problems: ['step-up-refused', 'sign-in-throttled'],
    handle: ({ body }, { staff }) => signIn.stepUp(staff, body.code),
  }),
  route({
    method: 'get',
    path: '/v1/staff/me',
    permission: 'staff:me',
    tag,
    summary: 'Who am I, until when, and in which seller',
    answer: StaffMe,
    examples: { answer: staffMeExample },
    handle: (_input, { staff }) => me(staff),
  }),
  route({
    method: 'get',
    path: sellersPath,
    permission: 'staff:sellers',
    tag,
    summary: 'List the sellers, newest first; nothing of their buyers',
    query: SellersQuery,
    answer: listOf(StaffSeller),
    examples: { answer: pageOf(staffSellerExample) },
    problems: ['invalid-cursor'],
    handle: async ({ query: { cursor, limit, ...filters } }, { staff }) => {
      const scope = { list: sellersPath, sellerId: staff.superAdminId, filters }
      const after = cursor === undefined ? undefined : cursors.read(scope, cursor, z.string())
      const { sellers: data, next } = await sellers.list(staff, {
        limit,
        ...given({ ...filters, after }),
      })
      return { data, page: { next: next === null ? null : cursors.write(scope, next) } }
    },
  }),
  ...(['suspend', 'resume'] as const).map((verb) =>
    route({
      method: 'post',
      path: `${sellersPath}/{id}/${verb}`,
      permission: `staff:${verb}`,
      stepUp: true,
      tag,
      summary: verb === 'suspend'
        ? 'Suspend a seller: it reads and exports, and changes nothing'
        : 'Lift the suspension of a seller',
      once: 'never',
      params: IdParams,
      body: z.strictObject({ reason: Reason }),
      answer: StaffSeller,
      examples: {
        body: { reason: 'Asked for by the owner in SUP-1042' },
        answer: staffSellerExample,
      },
      handle: async ({ params: { id }, body: { reason } }, { staff }) => {
        const seller = await sellers[verb](staff, { sellerId: id, reason })
        if (seller === null) throw fault('not-found')
        return seller
      },
    })
  ),
  route({
    method: 'get',
    path: auditPath,
    permission: 'staff:audit',
    tag,
    summary: 'Read the trail of the org: what staff and the platform did, newest first',
    query: AuditQuery,
    answer: listOf(AuditEvent),
    examples: { answer: pageOf(auditEventExample) },
    problems: ['invalid-cursor'],
    handle: async ({ query: { cursor, limit, seller, staff: who } }, { staff }) => {
      const filters = { sellerId: seller, superAdminId: who }
      const scope = { list: auditPath, sellerId: staff.superAdminId, filters }
      const after = cursor === undefined ? undefined : cursors.read(scope, cursor, z.int())
      const { events, next } = await trail.list(staff, { limit, ...given({ ...filters, after }) })
      return { data: events, page: { next: next === null ? null : cursors.write(scope, next) } }
    },
  }),
]
