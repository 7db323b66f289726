/** Choosing a new password: known, or forgotten. */
import { z } from '@hono/zod-openapi'
import type { OwnPassword } from '../../auth/own-password.ts'
import { authBodyLimit } from '../body.ts'
import { type Route, route } from '../route.ts'
import { Password } from './auth.ts'

const Chosen = Password.openapi({
  format: 'password',
  description: '8 to 1,024 characters, 15 or more are advised; any characters will do',
})

export const ownPasswordRoutes = (password: OwnPassword): readonly Route[] => [
  route({
    method: 'post',
    path: '/v1/auth/password/change',
    permission: 'profile:write',
    evenSuspended: true,
    stepUp: true,
    tag: 'Session',
    summary: 'Change the own password; all other sessions end',
    body: z.strictObject({ current: Password, next: Chosen }),
    maxBodyBytes: authBodyLimit,
    examples: {
      body: { current: 'correct horse battery staple', next: 'eleven purple geese at dawn' },
    },
    problems: ['step-up-refused', 'password-refused', 'sign-in-throttled'],
    handle: ({ body }, { person }) => password.change(person(), body),
  }),
  route({
    method: 'post',
    path: '/v1/auth/password/forgot',
    permission: 'public',
    tag: 'Session',
    summary: 'Ask for a link to choose a new password; whether there is anybody is not told',
    body: z.strictObject({ email: z.string().min(1).max(320) }),
    maxBodyBytes: authBodyLimit,
    status: 202,
    examples: { body: { email: 'asha@example.in' } },
    // nothing is waited for: the answer comes as fast for an address that nobody has
    handle: ({ body }, { clientIp }) => password.forgot({ ...body, clientIp }),
  }),
  route({
    method: 'post',
    path: '/v1/auth/password/reset',
    permission: 'public',
    tag: 'Session',
    summary: 'Choose a new password by the token of a link; all sessions end',
    body: z.strictObject({ token: z.string().min(1).max(256), password: Chosen }),
    maxBodyBytes: authBodyLimit,
    problems: ['link-refused', 'password-refused'],
    handle: ({ body }) => password.reset(body),
  }),
]
