/** Rows of the routes of staff, and of those by which a seller looks after them. */
import { ofImpersonation, refused, type RouteRow, text, wrongPassword } from './route-row.ts'

const staff = 'impersonation_sessions.super_admin_id'
const ofSeller: RouteRow = { ids: { 'path id': 'sellers.id' }, sees: 'staff' }
const ofStaff: RouteRow = { sees: 'staff', weight: 5 }

export const staffRows: Readonly<Record<string, RouteRow>> = {
  'GET /v1/impersonations': {},
  'GET /v1/impersonations/{id}': ofImpersonation,
  'GET /v1/impersonations/{id}/events': ofImpersonation,
  'POST /v1/impersonations/{id}/approve': {
    ...ofImpersonation,
    body: () => ({ minutes: 20 }),
    weight: 4,
  },
  'POST /v1/impersonations/{id}/deny': { ...ofImpersonation, weight: 3 },
  'POST /v1/impersonations/{id}/end': { ...ofImpersonation, weight: 1, shakes: true },
  'POST /v1/staff/login': {
    ...refused,
    body: ({ serial }) => ({
      email: `nobody-${serial}@support.example`,
      password: wrongPassword,
      code: '000000',
    }),
    weight: 0.1,
  },
  'POST /v1/staff/password': {
    ...refused,
    body: ({ serial }) => ({
      email: `nobody-${serial}@support.example`,
      password: wrongPassword,
      code: '000000',
      new_password: `${wrongPassword}-next`,
    }),
    weight: 0.1,
  },
  'POST /v1/staff/logout': { sees: 'staff', weight: 0.5, shakes: true },
  'POST /v1/staff/step-up': { body: () => ({ code: '000000' }), sees: 'staff', weight: 0.5 },
  'GET /v1/staff/me': ofStaff,
  'GET /v1/staff/sellers': ofStaff,
  'POST /v1/staff/sellers/{id}/suspend': {
    ...ofSeller,
    body: (make) => ({ reason: text('Unpaid bills')(make) }),
    weight: 3,
    shakes: true,
  },
  'POST /v1/staff/sellers/{id}/resume': {
    ...ofSeller,
    body: (make) => ({ reason: text('Paid bills')(make) }),
    weight: 3,
    shakes: true,
  },
  'GET /v1/staff/audit': {
    ...ofStaff,
    ids: { 'query seller': 'sellers.id', 'query staff': staff },
  },
  'GET /v1/staff/impersonations': { ...ofStaff, ids: { 'query seller': 'sellers.id' } },
  'POST /v1/staff/impersonations': {
    ids: { 'body seller_id': 'sellers.id' },
    body: (make) => ({
      seller_id: make.id('sellers.id'),
      reason: text('Orders are missing')(make),
      ticket: `T-${make.serial}`,
    }),
    sees: 'staff',
    makes: 'impersonation_sessions.id',
    weight: 10,
  },
  'POST /v1/staff/impersonations/{id}/approve': { ...ofImpersonation, sees: 'staff', weight: 3 },
  'POST /v1/staff/impersonations/{id}/start': { ...ofImpersonation, sees: 'staff', weight: 10 },
  'POST /v1/staff/impersonations/{id}/end': {
    ...ofImpersonation,
    sees: 'staff',
    weight: 3,
    shakes: true,
  },
}
