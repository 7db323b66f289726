/** Rows of the routes about the seller, its people, and what else may act for it. */
import { keyScopes } from './parties.ts'
import { account, type RouteRow, text, user } from './route-row.ts'

const ofUser: RouteRow = { ids: { 'path id': user } }
const ofInvitation: RouteRow = { ids: { 'path id': 'invitations.id' } }
const ofKey: RouteRow = { ids: { 'path id': 'api_keys.id' } }
const roleNames = ['ADMIN', 'OPERATOR', 'FINANCE', 'VIEWER'] as const

export const peopleRows: Readonly<Record<string, RouteRow>> = {
  'GET /v1/seller': {},
  'PATCH /v1/seller': {
    body: (make) => ({
      name: text('Stall')(make),
      support_consent: make.draw.pick(['NOTIFY', 'REQUIRED']),
    }),
    weight: 3,
  },
  'POST /v1/seller/transfer': {
    ids: { 'body user_id': user },
    body: ({ id }) => ({ user_id: id(user) }),
    weight: 2,
    shakes: true,
  },
  'POST /v1/seller/export': { body: () => ({}), makes: 'tenant_exports.id', weight: 0.2 },
  'GET /v1/seller/export/{id}': { ids: { 'path id': 'tenant_exports.id' } },
  'GET /v1/seller/export/{id}/files': { ids: { 'path id': 'tenant_exports.id' } },
  'GET /v1/seller/offboarding': {},
  // of another name than the seller's: nobody leaves in the middle of a walk
  'POST /v1/seller/offboarding': {
    body: (make) => ({ name: text('Stall')(make), reason: text('The shop closes')(make) }),
    weight: 0.3,
  },
  'DELETE /v1/seller/offboarding': { weight: 0.3 },
  'POST /v1/sellers': { body: (make) => ({ name: text('Branch')(make) }), weight: 0.3 },
  'GET /v1/users': {},
  'GET /v1/users/{id}': ofUser,
  'PATCH /v1/users/{id}': {
    ...ofUser,
    body: ({ draw }) => ({ role: draw.pick(roleNames) }),
    weight: 4,
    shakes: true,
  },
  'DELETE /v1/users/{id}': { ...ofUser, weight: 2, shakes: true },
  'POST /v1/users/leave': { weight: 0.5, shakes: true },
  'GET /v1/invitations': {},
  'POST /v1/invitations': {
    body: ({ mark, serial, draw }) => ({
      email: `guest-${serial}.${mark}@example.in`,
      role: draw.pick(roleNames),
    }),
    makes: 'invitations.id',
    weight: 4,
  },
  'GET /v1/invitations/{id}': ofInvitation,
  'DELETE /v1/invitations/{id}': { ...ofInvitation, weight: 4 },
  'POST /v1/invitations/{id}/resend': { ...ofInvitation, weight: 4 },
  'GET /v1/permissions': { sees: 'nobody' },
  'GET /v1/permissions/explain': {
    ids: { 'query user_id': user, 'query account_id': account },
  },
  'GET /v1/users/{id}/overrides': ofUser,
  'POST /v1/users/{id}/overrides': {
    ids: { 'path id': user, 'body account_id': account },
    body: (make) => ({
      permission: make.draw.pick(['orders:read', 'customers:read', 'accounts:sync']),
      effect: make.draw.pick(['GRANT', 'DENY']),
      account_id: make.id(account),
      reason: text('For a while')(make),
    }),
    makes: 'permission_overrides.id',
    shakes: true,
  },
  'DELETE /v1/users/{id}/overrides/{override_id}': {
    ids: { 'path id': user, 'path override_id': 'permission_overrides.id' },
    shakes: true,
  },
  'GET /v1/api-keys': {},
  'POST /v1/api-keys': {
    body: (make) => ({ name: text('Key')(make), scopes: [make.draw.pick(keyScopes)] }),
    makes: 'api_keys.id',
    tells: 'api-key',
    weight: 3,
  },
  'POST /v1/api-keys/{id}/rotate': {
    ...ofKey,
    body: ({ draw }) => ({ overlap_hours: draw.pick([0, 1]) }),
    makes: 'api_keys.id',
    tells: 'api-key',
    weight: 4,
    shakes: true,
  },
  'DELETE /v1/api-keys/{id}': { ...ofKey, weight: 4, shakes: true },
}
