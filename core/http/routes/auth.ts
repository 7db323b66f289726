/** Signing in and out, and who one is. */
import { z } from '@hono/zod-openapi'
import type { Auth } from '../../auth/auth.ts'
import type { PermissionTable } from '../../rbac/permissions.ts'
import { roles } from '../../rbac/permissions.ts'
import { authBodyLimit } from '../body.ts'
import { type Route, route } from '../route.ts'
import { exampleIds, Id } from '../schemas.ts'

const RoleName = z.enum(roles).openapi('Role')
const UserView = z.object({ id: Id, role: RoleName })

export const authRoutes = (auth: Auth, permissions: PermissionTable): readonly Route[] => [
  route({
    method: 'post',
    path: '/v1/auth/login',
    permission: 'public',
    tag: 'Session',
    summary: 'Sign in; the answer sets the cookie of the session',
    // length is all that is asked for: a wrong address shall look like an unknown one
    body: z.strictObject({
      email: z.string().min(1).max(320),
      password: z.string().min(1).max(1024).openapi({ format: 'password' }),
    }),
    maxBodyBytes: authBodyLimit,
    answer: z.object({ user: UserView, seller: z.object({ id: Id, name: z.string() }) }),
    answerHeaders: { 'set-cookie': 'The session, for 15 minutes; renewed while it is used' },
    examples: {
      body: { email: 'asha@example.in', password: 'correct horse battery staple' },
      answer: {
        user: { id: exampleIds.user, role: 'OWNER' },
        seller: { id: exampleIds.seller, name: 'Sample Traders' },
      },
    },
    problems: ['sign-in-refused', 'sign-in-throttled'],
    handle: async ({ body }, { clientIp, session, exchange }) => {
      const { principal, sellerName } = await auth.signIn({ ...body, clientIp })
      exchange.sellerId = principal.sellerId
      await session(principal)
      return {
        user: { id: principal.userId, role: principal.role },
        seller: { id: principal.sellerId, name: sellerName },
      }
    },
  }),
  route({
    method: 'post',
    path: '/v1/auth/logout',
    permission: 'public',
    tag: 'Session',
    summary: 'End the session, for every copy of its token at once',
    answerHeaders: { 'set-cookie': 'Removes the cookie' },
    // whoever is signed out already is signed out
    handle: async (_input, { whoAsks, session }) => {
      const principal = await whoAsks()
      if (principal !== null) await auth.signOut(principal)
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
      user: UserView,
      seller: z.object({ id: Id, name: z.string(), status: z.enum(['ACTIVE', 'SUSPENDED']) }),
      permissions: z.array(z.string()),
    }),
    examples: {
      answer: {
        user: { id: exampleIds.user, role: 'VIEWER' },
        seller: { id: exampleIds.seller, name: 'Sample Traders', status: 'ACTIVE' },
        permissions: ['orders:read'],
      },
    },
    handle: async (_input, { principal, may }) => ({
      // read in the seller's scope, so that a session that is over cannot ask
      seller: await auth.seller(principal),
      user: { id: principal.userId, role: principal.role },
      permissions: [...permissions.keys()].filter(may),
    }),
  }),
]
