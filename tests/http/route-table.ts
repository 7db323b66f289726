/**
 * Every route with what a person would say about it. The matrix compares the served routes with it
 * cell by cell, so that a weaker permission in a declaration shows here.
 */

export interface RouteRule {
  readonly permission: string
  /** Who holds it: O(WNER) A(DMIN) P(OPERATOR) F(INANCE) V(IEWER). */
  readonly roles: string
  /** An API key with the scope gets through. */
  readonly keys: boolean
  /** Staff in an impersonation session get through; writing only in one that may. */
  readonly staff: boolean
  readonly stepUp: boolean
  readonly evenSuspended: boolean
}

const rule = (
  permission: string,
  roles: string,
  words = '',
): RouteRule => ({
  permission,
  roles,
  keys: words.includes('keys'),
  staff: words.includes('staff'),
  stepUp: words.includes('step-up'),
  evenSuspended: words.includes('even-suspended'),
})
const everyone = 'OAPFV'

/** For anybody. */
export const publicRoutes: readonly string[] = [
  'POST /v1/auth/login',
  'POST /v1/auth/refresh',
  'POST /v1/auth/logout',
  'POST /v1/auth/password/forgot',
  'POST /v1/auth/password/reset',
  'POST /v1/auth/sign-up',
  'POST /v1/auth/sign-up/confirm',
  'POST /v1/auth/invitations/accept',
  'POST /v1/staff/login',
  'POST /v1/staff/password',
  'GET /v1/audit/keys',
  'POST /webhooks/{plugin}/{marketplace_account}',
  'POST /webhooks/{plugin}/{marketplace_account}/{path}',
  'GET /',
  'GET /docs',
  'GET /docs/assets/{file}',
  'GET /healthz',
  'GET /openapi.json',
  'GET /problems/{code}',
  'GET /readyz',
  'GET /security',
  'GET /security/proofs/{proof}',
]

/** For staff, with a session of staff and outside of any seller; true: with a fresh second factor. */
export const staffRoutes: Readonly<Record<string, boolean>> = {
  'GET /v1/staff/me': false,
  'POST /v1/staff/logout': false,
  'POST /v1/staff/step-up': false,
  'GET /v1/staff/sellers': false,
  'POST /v1/staff/sellers/{id}/suspend': true,
  'POST /v1/staff/sellers/{id}/resume': true,
  'GET /v1/staff/audit': false,
  'GET /v1/staff/switches': false,
  'PUT /v1/staff/switches': true,
  'GET /v1/staff/plugins': false,
  'GET /v1/staff/dead-letters': false,
  'POST /v1/staff/dead-letters/{id}/redrive': true,
  'POST /v1/staff/dead-letters/{id}/dismiss': true,
  'GET /v1/staff/stray-messages': false,
  'GET /v1/staff/impersonations': false,
  'POST /v1/staff/impersonations': true,
  'POST /v1/staff/impersonations/{id}/approve': true,
  'POST /v1/staff/impersonations/{id}/start': true,
  'POST /v1/staff/impersonations/{id}/end': false,
}

const own = (words = '') => rule('profile:write', everyone, `even-suspended ${words}`)
const members = (words = '') => rule('users:manage', 'O', words)
const support = () => rule('impersonation:decide', 'OA', 'even-suspended')

export const sellerRoutes: Readonly<Record<string, RouteRule>> = {
  'GET /v1/me': rule('profile:read', everyone, 'keys staff'),
  'GET /v1/auth/sessions': own(),
  'DELETE /v1/auth/sessions/{id}': own(),
  'POST /v1/auth/sessions/revoke-others': own(),
  'GET /v1/auth/sellers': own(),
  'POST /v1/auth/switch': own(),
  'POST /v1/auth/password/change': own('step-up'),
  'POST /v1/auth/step-up': own(),
  'GET /v1/auth/mfa': own(),
  'POST /v1/auth/mfa/totp': own('step-up'),
  'POST /v1/auth/mfa/totp/confirm': own(),
  'DELETE /v1/auth/mfa/totp': own('step-up'),

  'GET /v1/seller': rule('seller:read', everyone, 'keys staff'),
  'PATCH /v1/seller': rule('seller:manage', 'O'),
  'POST /v1/seller/transfer': rule('seller:transfer', 'O', 'step-up'),
  'POST /v1/sellers': rule('seller:create', everyone),
  'GET /v1/users': rule('users:read', 'OA', 'keys staff'),
  'GET /v1/users/{id}': rule('users:read', 'OA', 'keys staff'),
  'PATCH /v1/users/{id}': members(),
  'DELETE /v1/users/{id}': members(),
  'POST /v1/users/leave': rule('users:leave', everyone, 'even-suspended'),
  'GET /v1/invitations': rule('users:read', 'OA', 'keys staff'),
  'POST /v1/invitations': members(),
  'GET /v1/invitations/{id}': rule('users:read', 'OA', 'keys staff'),
  'DELETE /v1/invitations/{id}': members(),
  'POST /v1/invitations/{id}/resend': members(),
  'GET /v1/users/{id}/overrides': rule('users:read', 'OA', 'keys staff'),
  'POST /v1/users/{id}/overrides': members(),
  'DELETE /v1/users/{id}/overrides/{override_id}': members(),
  'GET /v1/permissions': rule('permissions:read', everyone, 'keys staff'),
  'GET /v1/permissions/explain': rule('permissions:read', everyone, 'keys staff'),
  'GET /v1/api-keys': rule('api-keys:read', 'OA', 'staff'),
  'POST /v1/api-keys': rule('api-keys:manage', 'OA', 'step-up'),
  'POST /v1/api-keys/{id}/rotate': rule('api-keys:manage', 'OA', 'step-up'),
  'DELETE /v1/api-keys/{id}': rule('api-keys:manage', 'OA'),

  'GET /v1/audit': rule('audit:read', 'OA', 'keys staff'),
  'GET /v1/audit/export': rule('audit:export', 'OA', 'keys'),
  'GET /v1/audit/digests': rule('audit:read', 'OA', 'keys staff'),
  'GET /v1/audit/anchors': rule('audit:anchor', 'O'),
  'POST /v1/audit/anchors': rule('audit:anchor', 'O'),
  'DELETE /v1/audit/anchors/{id}': rule('audit:anchor', 'O'),
  'GET /v1/impersonations': rule('impersonation:read', 'OA'),
  'GET /v1/impersonations/{id}': rule('impersonation:read', 'OA'),
  'GET /v1/impersonations/{id}/events': rule('impersonation:read', 'OA'),
  'POST /v1/impersonations/{id}/approve': support(),
  'POST /v1/impersonations/{id}/deny': support(),
  'POST /v1/impersonations/{id}/end': support(),

  'GET /v1/orders': rule('orders:read', everyone, 'keys staff'),
  'GET /v1/orders/{id}': rule('orders:read', everyone, 'keys staff'),
  'POST /v1/orders/{id}/reveal': rule('customers:reveal', 'OAPF'),
  'GET /v1/marketplaces': rule('accounts:read', everyone, 'keys staff'),
  'GET /v1/marketplace-accounts': rule('accounts:read', everyone, 'keys staff'),
  'POST /v1/marketplace-accounts': rule('accounts:connect', 'OA', 'keys'),
  'GET /v1/marketplace-accounts/{id}': rule('accounts:read', everyone, 'keys staff'),
  'POST /v1/marketplace-accounts/{id}/sync': rule('accounts:sync', 'OAP', 'keys staff'),
  'PATCH /v1/marketplace-accounts/{id}': rule('accounts:manage', 'OAP', 'keys staff'),
  'GET /v1/marketplace-accounts/{id}/health': rule('accounts:read', everyone, 'keys staff'),
  'GET /v1/marketplace-accounts/{id}/credential-events': rule(
    'accounts:read',
    everyone,
    'keys staff',
  ),
  'PUT /v1/marketplace-accounts/{id}/credentials': rule('accounts:connect', 'OA', 'keys'),
  'PATCH /v1/marketplace-accounts/{id}/schedules/{target}': rule(
    'accounts:manage',
    'OAP',
    'keys staff',
  ),
  'POST /v1/marketplace-accounts/{id}/backfill': rule('accounts:sync', 'OAP', 'keys staff'),
  'GET /v1/dead-letters': rule('dead-letters:read', 'OA', 'keys staff'),
  'POST /v1/dead-letters/{id}/redrive': rule('dead-letters:redrive', 'OA', 'keys staff'),
  'POST /v1/dead-letters/{id}/dismiss': rule('dead-letters:redrive', 'OA', 'keys staff'),
  'GET /v1/seller/registrations': rule('seller:read', everyone, 'keys staff'),
  'PUT /v1/seller/registrations/{gstin}': rule('seller:manage', 'O'),
  'GET /v1/processing': rule('processing:read', everyone, 'keys staff'),
  'POST /v1/processing': rule('processing:run', 'OAP', 'keys staff'),
  'GET /v1/processing/{id}': rule('processing:read', everyone, 'keys staff'),
  'GET /v1/processing/{id}/lines': rule('processing:read', everyone, 'keys staff'),
  'GET /v1/manifests': rule('manifests:read', everyone, 'keys staff'),
  'GET /v1/manifests/{id}': rule('manifests:read', everyone, 'keys staff'),
  'POST /v1/manifests/{id}/shipments': rule('processing:run', 'OAP', 'keys staff'),
  'POST /v1/manifests/{id}/close': rule('manifests:close', 'OAP', 'keys staff'),
  'GET /v1/orders/{id}/documents': rule('documents:read', 'OAPF', 'keys staff'),
  'GET /v1/documents/{id}': rule('documents:read', 'OAPF', 'keys staff'),
  'GET /v1/runs': rule('runs:read', everyone, 'keys staff'),
  'GET /v1/runs/{id}': rule('runs:read', everyone, 'keys staff'),
  'GET /v1/orders/{id}/timeline': rule('orders:read', everyone, 'keys staff'),
  'GET /v1/shipments': rule('shipments:read', everyone, 'keys staff'),
  'GET /v1/shipments/{id}': rule('shipments:read', everyone, 'keys staff'),
  'GET /v1/returns': rule('returns:read', everyone, 'keys staff'),
  'GET /v1/returns/{id}': rule('returns:read', everyone, 'keys staff'),
  'GET /v1/payouts': rule('payouts:read', 'OAFV', 'keys staff'),
  'GET /v1/payouts/{id}': rule('payouts:read', 'OAFV', 'keys staff'),
  'GET /v1/payouts/{id}/lines': rule('payouts:read', 'OAFV', 'keys staff'),
  'GET /v1/inventory': rule('inventory:read', everyone, 'keys staff'),
  'PUT /v1/inventory/{sku}': rule('inventory:write', 'OAP', 'keys staff'),
  'PUT /v1/inventory/{sku}/reserves': rule('inventory:write', 'OAP', 'keys staff'),
  'GET /v1/listings': rule('listings:read', everyone, 'keys staff'),
  'POST /v1/listings': rule('listings:write', 'OAP', 'keys staff'),
  'GET /v1/listings/unmapped': rule('listings:read', everyone, 'keys staff'),
  'POST /v1/imports': rule('imports:create', 'OAPF', 'keys staff'),
  'GET /v1/imports': rule('imports:read', everyone, 'keys staff'),
  'GET /v1/imports/{id}': rule('imports:read', everyone, 'keys staff'),
  'GET /v1/imports/{id}/lines': rule('imports:read', everyone, 'keys staff'),
  'POST /v1/imports/{id}/cancel': rule('imports:create', 'OAPF', 'keys staff'),
}
