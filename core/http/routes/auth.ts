/** Signing in and out, staying signed in, and who one is. */
import { z } from '@hono/zod-openapi'
import type { Auth } from '../../auth/auth.ts'
import { passwordUnits } from '../../auth/password-rules.ts'
import type { OpenedSession } from '../../auth/sessions.ts'
import type { PermissionTable } from '../../rbac/permissions.ts'
import { roles } from '../../rbac/permissions.ts'
import type { Impersonations } from '../../tenancy/impersonation.ts'
import { authBodyLimit } from '../body.ts'
import { type Route, route } from '../route.ts'
import { exampleIds, Id } from '../schemas.ts'
import { supportSessionExample, supportSessionOf, SupportSessions } from '../staff-schemas.ts'

export const RoleName = z.enum(roles).openapi('Role')
const UserView = z.object({ id: Id, role: RoleName })
/** Who is signed in, and with which seller. */
export const SignedIn = z.object({
  user: UserView,
  seller: z.object({ id: Id, name: z.string() }),
})
export const signedInExample = {
  user: { id: exampleIds.user, role: 'OWNER' },
  seller: { id: exampleIds.seller, name: 'Sample Traders' },
}

/** For schemas of bodies: what is asked of a password is asked when it is chosen. */
export const Password = z.string().min(1).max(passwordUnits).openapi({ format: 'password' })
/** Of an authenticator app. */
export const Code = z.string().min(1).max(32).openapi({ example: '492039' })
export const RecoveryCode = z.string().min(1).max(64)

export const signedInView = ({ principal, sellerName }: OpenedSession) => ({
  user: { id: principal.userId, role: principal.role },
  seller: { id: principal.sellerId, name: sellerName },
})

export const authRoutes = (
  auth: Auth,
  permissions: PermissionTable,
  impersonations: Pick<Impersonations, 'live'>,
): readonly Route[] => [
  route({
    method: 'post',
    path: '/v1/auth/login',
    permission: 'public',
    tag: 'Session',
    summary: 'Sign in; the answer sets the cookies of the session',
    // length is all that is asked for: a wrong address shall look like an unknown one
    body: z.strictObject({
      email: z.string().min(1).max(320),
      password: Password,
      code: Code.optional(),
      recovery_code: RecoveryCode.optional(),
    }),
    maxBodyBytes: authBodyLimit,
    answer: SignedIn.extend({
      recovery_codes_left: z.int().optional().openapi({
        description: 'When one was used: make new ones before the last is gone',
      }),
    }),
    answerHeaders: {
      'set-cookie': 'The session, for 15 minutes, and what refreshes it, for 30 days',
    },
    examples: {
      body: { email: 'asha@example.in', password: 'correct horse battery staple' },
      answer: signedInExample,
    },
    problems: ['sign-in-refused', 'sign-in-throttled', 'mfa-required', 'mfa-refused'],
    handle: async ({ body }, { client, session, exchange }) => {
      const { email, password, code, recovery_code: recoveryCode } = body
      const signedIn = await auth.signIn({ email, password, code, recoveryCode, client })
      exchange.sellerId = signedIn.principal.sellerId
      await session(signedIn)
      const left = signedIn.recoveryCodesLeft
      return {
        ...signedInView(signedIn),
        ...(left === undefined ? {} : { recovery_codes_left: left }),
      }
    },
  }),
  route({
    method: 'post',
    path: '/v1/auth/refresh',
    permission: 'public',
    tag: 'Session',
    summary: 'Go on with the session, by the refresh cookie; the answer sets both cookies anew',
    answer: SignedIn,
    answerHeaders: { 'set-cookie': 'The session, for 15 minutes, and what refreshes it next' },
    examples: { answer: signedInExample },
    problems: ['not-signed-in', 'session-over', 'refresh-raced'],
    handle: async (_input, { refreshToken, session, exchange }) => {
      const opened = await auth.refresh(refreshToken)
      exchange.sellerId = opened.principal.sellerId
      await session(opened)
      return signedInView(opened)
    },
  }),
  route({
    method: 'post',
    path: '/v1/auth/logout',
    permission: 'public',
    tag: 'Session',
    summary: 'End the session, for every copy of its tokens at once',
    answerHeaders: { 'set-cookie': 'Removes the cookies' },
    // whoever is signed out already is signed out
    handle: async (_input, { whoAsks, refreshToken, session }) => {
      await auth.signOut({ principal: await whoAsks(), refreshToken })
      await session(null)
    },
  }),
  route({
    method: 'get',
    path: '/v1/me',
    permission: 'profile:read',
    tag: 'Session',
    summary: 'Who am I, for which seller, and what may I do',
    answer: z.object({
      user: UserView.nullable().openapi({ description: 'Null for API keys and for staff' }),
      seller: z.object({ id: Id, name: z.string(), status: z.enum(['ACTIVE', 'SUSPENDED']) }),
      permissions: z.array(z.string()),
      support_sessions: SupportSessions,
    }),
    examples: {
      answer: {
        user: { id: exampleIds.user, role: 'VIEWER' },
        seller: { id: exampleIds.seller, name: 'Sample Traders', status: 'ACTIVE' },
        permissions: ['orders:read'],
        support_sessions: [supportSessionExample],
      },
    },
    handle: async (_input, { principal, entry, may }) => ({
      // read in the seller's scope, so that a session that is over cannot ask
      seller: await auth.seller(principal),
      user: principal.kind === 'user' ? { id: principal.userId, role: principal.role } : null,
      permissions: [...permissions.keys()].filter((permission) => may(permission)),
      support_sessions: (await impersonations.live(entry)).map(supportSessionOf),
    }),
  }),
]
