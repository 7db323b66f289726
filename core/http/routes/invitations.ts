/** Invitations: made and withdrawn by OWNERs, taken by whoever reads the address. */
import { z } from '@hono/zod-openapi'
import type { Join } from '../../auth/join.ts'
import { fault } from '../../errors.ts'
import type { Invitations } from '../../tenancy/invitations.ts'
import { authBodyLimit } from '../body.ts'
import { pageOf } from '../examples.ts'
import { Email, Invitation, invitationExample, InvitedRole, LinkToken } from '../people-schemas.ts'
import { type Route, route } from '../route.ts'
import { IdParams, listOf } from '../schemas.ts'
import { Code, Password, RecoveryCode, SignedIn, signedInExample } from './auth.ts'

const path = '/v1/invitations'
const tag = 'Invitations'

export const invitationRoutes = (invitations: Invitations, join: Join): readonly Route[] => [
  route({
    method: 'get',
    path,
    permission: 'users:read',
    tag,
    summary: 'List the invitations, newest first',
    answer: listOf(Invitation),
    examples: { answer: pageOf(invitationExample) },
    handle: async (_input, { entry }) => ({
      data: await invitations.list(entry),
      page: { next: null },
    }),
  }),
  route({
    method: 'post',
    path,
    permission: 'users:manage',
    once: 'required',
    tag,
    summary: 'Invite a person by mail; OWNER becomes who is there already',
    body: z.strictObject({ email: Email, role: InvitedRole }),
    answer: Invitation,
    status: 201,
    answerHeaders: { location: 'The new invitation' },
    examples: {
      body: { email: 'ravi@example.in', role: 'OPERATOR' },
      answer: invitationExample,
    },
    problems: ['user-exists', 'invitation-exists', 'mail-throttled'],
    handle: async ({ body }, { entry, person, header }) => {
      const made = await invitations.make(entry, { ...body, invitedBy: person().userId })
      header('location', `${path}/${made.id}`)
      return made
    },
    replay: async (id, { entry, header }) => {
      header('location', `${path}/${id}`)
      return found(await invitations.get(entry, id))
    },
  }),
  route({
    method: 'get',
    path: `${path}/{id}`,
    permission: 'users:read',
    tag,
    summary: 'Read one invitation',
    params: IdParams,
    answer: Invitation,
    examples: { answer: invitationExample },
    handle: async ({ params: { id } }, { entry }) => found(await invitations.get(entry, id)),
  }),
  route({
    method: 'delete',
    path: `${path}/{id}`,
    permission: 'users:manage',
    tag,
    summary: 'Withdraw an invitation: its link is good no more',
    params: IdParams,
    problems: ['invitation-closed'],
    handle: async ({ params: { id } }, { entry }) => {
      if (!await invitations.revoke(entry, id)) throw fault('not-found')
    },
  }),
  route({
    method: 'post',
    path: `${path}/{id}/resend`,
    permission: 'users:manage',
    once: 'never', // a repetition within a minute is refused
    tag,
    summary: 'Send an invitation once more, for a week from now; the link before is good no more',
    params: IdParams,
    answer: Invitation,
    examples: { answer: invitationExample },
    problems: ['invitation-closed', 'mail-throttled'],
    handle: async ({ params: { id } }, { entry }) => found(await invitations.resend(entry, id)),
  }),
  route({
    method: 'post',
    path: '/v1/auth/invitations/accept',
    permission: 'public',
    tag,
    summary: 'Take an invitation, as the person of its address',
    body: z.strictObject({
      token: LinkToken,
      password: Password.optional().openapi({
        description: 'New for a new address, else that of the address; not needed by who is ' +
          'signed in with it',
      }),
      code: Code.optional(),
      recovery_code: RecoveryCode.optional(),
    }),
    maxBodyBytes: authBodyLimit,
    answer: SignedIn,
    answerHeaders: { 'set-cookie': 'The session; none for who is signed in already' },
    examples: {
      body: { token: 'as it came by mail', password: 'correct horse battery staple' },
      answer: signedInExample,
    },
    problems: [
      'link-refused',
      'password-refused',
      'sign-in-refused',
      'mfa-required',
      'mfa-refused',
      'sign-in-throttled',
      'seller-suspended',
      'user-exists',
      'session-over',
    ],
    handle: async ({ body }, { client, exchange, session, whoAsks }) => {
      const { token, password, code, recovery_code: recoveryCode } = body
      const principal = await whoAsks()
      const joined = await join.accept({ token, password, code, recoveryCode, client, principal })
      exchange.sellerId = joined.seller.id
      if (joined.session !== null) await session(joined.session)
      return { user: joined.user, seller: joined.seller }
    },
  }),
]

const found = <T>(thing: T | null): T => {
  if (thing === null) throw fault('not-found')
  return thing
}
