/** Rows of the routes about work: accounts that are looked after, dead letters, switches. */
import { account, type RouteRow, text } from './route-row.ts'

const ofAccount: RouteRow = { ids: { 'path id': account } }
const letter = 'dead_letters.id'
const decide: RouteRow = {
  ids: { 'path id': letter },
  body: (make) => ({ reason: text('Mended')(make) }),
  weight: 2,
}
const staffDecide: RouteRow = {
  ids: { 'path id': letter, 'body seller_id': 'sellers.id' },
  body: (make) => ({ seller_id: make.id('sellers.id'), reason: text('Mended it')(make) }),
  sees: 'staff',
  weight: 2,
}
const crons = ['*/10 * * * *', '0 * * * *', '*/15 * * * *'] as const

export const queueRows: Readonly<Record<string, RouteRow>> = {
  'PATCH /v1/marketplace-accounts/{id}': {
    ...ofAccount,
    body: (make) => ({ paused: make.serial % 4 === 0, reason: text('Diwali')(make) }),
    weight: 3,
    shakes: true,
  },
  'GET /v1/marketplace-accounts/{id}/health': { ...ofAccount, weight: 15 },
  'GET /v1/marketplace-accounts/{id}/credential-events': ofAccount,
  'PUT /v1/marketplace-accounts/{id}/credentials': {
    ...ofAccount,
    body: (make) => ({ credentials: make.shop(0).credentials }),
    weight: 1,
  },
  'PATCH /v1/marketplace-accounts/{id}/schedules/{target}': {
    ...ofAccount,
    words: { 'path target': () => 'ORDERS' },
    body: ({ serial }) => ({ cron: crons[serial % crons.length], paused: false }),
    weight: 3,
  },
  'POST /v1/marketplace-accounts/{id}/backfill': {
    ...ofAccount,
    body: ({ serial }) => ({
      target: 'ORDERS',
      from: '2022-04-01',
      to: `2022-05-${10 + serial % 20}`,
    }),
    weight: 2,
  },
  'GET /v1/dead-letters': { ids: { 'query account': account } },
  'POST /v1/dead-letters/{id}/redrive': decide,
  'POST /v1/dead-letters/{id}/dismiss': decide,
  'GET /v1/staff/switches': { sees: 'staff', weight: 3 },
  'PUT /v1/staff/switches': {
    // of no account: nothing of a seller is named
    body: (make) => ({ key: 'sweep:edge-sweep', enabled: true, reason: text('A test')(make) }),
    sees: 'staff',
    weight: 1,
  },
  'GET /v1/staff/plugins': { sees: 'staff', weight: 2 },
  'GET /v1/staff/dead-letters': { ids: { 'query seller': 'sellers.id' }, sees: 'staff', weight: 5 },
  'POST /v1/staff/dead-letters/{id}/redrive': staffDecide,
  'POST /v1/staff/dead-letters/{id}/dismiss': staffDecide,
  'GET /v1/staff/stray-messages': { sees: 'staff', weight: 3 },
}
