/** The own second factor, and proving once more who one is. */
import { z } from '@hono/zod-openapi'
import type { OwnFactor } from '../../auth/own-factor.ts'
import { authBodyLimit } from '../body.ts'
import { type Route, route } from '../route.ts'
import { Time } from '../schemas.ts'
import { stepUpMs } from '../session.ts'
import { Code, Password, RecoveryCode } from './auth.ts'

const own = { permission: 'profile:write', tag: 'Session', evenSuspended: true } as const
const exampleSecret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' // of the RFC
const RecoveryCodes = z.array(z.string()).readonly().openapi({
  description: 'Each good once, for when the device is lost; told here and never again',
})

export const ownFactorRoutes = (factor: OwnFactor): readonly Route[] => [
  route({
    ...own,
    method: 'post',
    path: '/v1/auth/step-up',
    summary: 'Prove once more who one is, for ten minutes: what is dangerous asks for it',
    body: z.strictObject({
      password: Password.optional(),
      code: Code.optional(),
      recovery_code: RecoveryCode.optional(),
    }).openapi({ description: 'A code where there is a second factor, else the password' }),
    maxBodyBytes: authBodyLimit,
    answer: z.object({ until: Time }),
    examples: {
      body: { password: 'correct horse battery staple' },
      answer: { until: '2026-01-31T10:25:00.000Z' },
    },
    problems: ['step-up-refused', 'sign-in-throttled'],
    handle: async ({ body }, { person }) => {
      const { password, code, recovery_code: recoveryCode } = body
      const at = await factor.stepUp(person(), { password, code, recoveryCode })
      return { until: new Date(at.getTime() + stepUpMs) }
    },
  }),
  route({
    ...own,
    method: 'get',
    path: '/v1/auth/mfa',
    summary: 'See whether signing in takes a second factor',
    answer: z.object({ totp: z.boolean(), recovery_codes_left: z.int() }),
    examples: { answer: { totp: true, recovery_codes_left: 10 } },
    handle: async (_input, { person }) => {
      const { isOn, recoveryCodesLeft } = await factor.status(person())
      return { totp: isOn, recovery_codes_left: recoveryCodesLeft }
    },
  }),
  route({
    ...own,
    method: 'post',
    path: '/v1/auth/mfa/totp',
    summary: 'Get a secret for an authenticator app; it is good once a code has confirmed it',
    stepUp: true,
    answer: z.object({
      secret: z.string().openapi({ description: 'Base32, to be typed where no camera is' }),
      uri: z.string().openapi({ description: 'For a QR code', format: 'uri' }),
    }),
    examples: {
      answer: {
        secret: exampleSecret,
        uri: `otpauth://totp/Robnu:asha%40example.in?secret=${exampleSecret}&issuer=Robnu` +
          '&algorithm=SHA1&digits=6&period=30',
      },
    },
    problems: ['mfa-on'],
    handle: (_input, { person }) => factor.enrol(person()),
  }),
  route({
    ...own,
    method: 'post',
    path: '/v1/auth/mfa/totp/confirm',
    summary: 'Confirm the secret by a code of the app: from now on signing in takes one',
    body: z.strictObject({ code: Code }),
    maxBodyBytes: authBodyLimit,
    answer: z.object({ recovery_codes: RecoveryCodes }),
    examples: {
      body: { code: '492039' },
      answer: { recovery_codes: ['gezd-gnbv-gy3t-qojq-gezd-gnbv'] },
    },
    problems: ['mfa-on', 'mfa-off', 'mfa-refused', 'sign-in-throttled'],
    handle: async ({ body }, { person }) => ({
      recovery_codes: await factor.confirm(person(), body.code),
    }),
  }),
  route({
    ...own,
    method: 'delete',
    path: '/v1/auth/mfa/totp',
    summary: 'Take the second factor away, and its recovery codes with it',
    stepUp: true,
    problems: ['mfa-off'],
    handle: (_input, { person }) => factor.disable(person()),
  }),
]
