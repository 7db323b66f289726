/** A seller comes: its OWNER's address is confirmed by a link, then everything is made at once. */
import { z } from '@hono/zod-openapi'
import type { SignUp } from '../../auth/sign-up.ts'
import { authBodyLimit } from '../body.ts'
import { Email, LinkToken, SellerName } from '../people-schemas.ts'
import { type Route, route } from '../route.ts'
import { Code, Password, RecoveryCode, SignedIn, signedInExample, signedInView } from './auth.ts'

const tag = 'Session'

export const signUpRoutes = (signUp: SignUp): readonly Route[] => [
  route({
    method: 'post',
    path: '/v1/auth/sign-up',
    permission: 'public',
    tag,
    summary: 'Ask for a link that makes a seller; the answer says nothing of who has the address',
    body: z.strictObject({ email: Email, seller_name: SellerName }),
    maxBodyBytes: authBodyLimit,
    status: 202,
    examples: { body: { email: 'asha@example.in', seller_name: 'Sample Traders' } },
    handle: ({ body }, { clientIp }) => {
      signUp.ask({ email: body.email, sellerName: body.seller_name, clientIp })
    },
  }),
  route({
    method: 'post',
    path: '/v1/auth/sign-up/confirm',
    permission: 'public',
    tag,
    summary:
      'Make the seller with the link of the mail; the answer sets the cookies of the session',
    body: z.strictObject({
      token: LinkToken,
      password: Password.openapi({
        description: 'New for a new address; who is known already gives theirs',
      }),
      code: Code.optional(),
      recovery_code: RecoveryCode.optional(),
    }),
    maxBodyBytes: authBodyLimit,
    answer: SignedIn,
    status: 201,
    answerHeaders: { 'set-cookie': 'The session, and what refreshes it' },
    examples: {
      body: { token: 'as it came by mail', password: 'correct horse battery staple' },
      answer: signedInExample,
    },
    problems: [
      'link-refused',
      'limit-reached',
      'password-refused',
      'sign-in-refused',
      'mfa-required',
      'mfa-refused',
      'sign-in-throttled',
      'session-over',
    ],
    handle: async ({ body }, { client, exchange, session }) => {
      const { token, password, code, recovery_code: recoveryCode } = body
      const signedIn = await signUp.confirm({ token, password, code, recoveryCode, client })
      exchange.sellerId = signedIn.principal.sellerId
      await session(signedIn)
      return signedInView(signedIn)
    },
  }),
]
