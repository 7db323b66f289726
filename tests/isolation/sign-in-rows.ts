/** Rows of the routes by which people come in, stay, and prove who they are. */
import { type Maker, refused, type RouteRow, text, wrongPassword } from './route-row.ts'

/** A link that went by mail, with a token that nobody was sent: judged without a hash of a password. */
const link = ({ serial }: Maker) => ({
  token: `nobody-was-sent-${serial}`,
  password: wrongPassword,
})

export const signInRows: Readonly<Record<string, RouteRow>> = {
  'POST /v1/auth/login': {
    body: ({ mark, draw }) => ({
      email: `${draw.pick(['owner', 'viewer'])}.${mark}@example.in`,
      password: wrongPassword,
    }),
    sees: 'nobody',
    weight: 0.1,
  },
  'POST /v1/auth/refresh': { weight: 5 },
  'POST /v1/auth/logout': { sees: 'nobody', weight: 0.5, shakes: true },
  'GET /v1/me': {},
  'GET /v1/auth/sessions': { sees: 'person' },
  'DELETE /v1/auth/sessions/{id}': { ids: { 'path id': 'sessions.id' }, weight: 5, shakes: true },
  'POST /v1/auth/sessions/revoke-others': { weight: 1, shakes: true },
  'GET /v1/auth/sellers': { sees: 'person' },
  'POST /v1/auth/switch': {
    ids: { 'body seller_id': 'sellers.id' },
    body: ({ id }) => ({ seller_id: id('sellers.id') }),
    sees: 'person',
    weight: 10,
    shakes: true,
  },
  'POST /v1/auth/password/change': {
    body: () => ({ current: wrongPassword, next: `${wrongPassword}-next` }),
    weight: 0.1,
  },
  'POST /v1/auth/password/forgot': {
    body: ({ mark }) => ({ email: `viewer.${mark}@example.in` }),
    sees: 'nobody',
    weight: 1,
  },
  'POST /v1/auth/password/reset': { ...refused, body: link },
  'POST /v1/auth/step-up': { body: () => ({ password: wrongPassword }), weight: 0.1 },
  'GET /v1/auth/mfa': {},
  'POST /v1/auth/mfa/totp': { weight: 1 },
  'POST /v1/auth/mfa/totp/confirm': { body: () => ({ code: '000000' }), weight: 1 },
  'DELETE /v1/auth/mfa/totp': { weight: 1 },
  'POST /v1/auth/sign-up': {
    body: (make) => ({
      email: `new-${make.serial}.${make.mark}@example.in`,
      seller_name: text('Stall')(make),
    }),
    sees: 'nobody',
    weight: 1,
  },
  'POST /v1/auth/sign-up/confirm': { ...refused, body: link },
  'POST /v1/auth/invitations/accept': { ...refused, body: link, weight: 1 },
}
