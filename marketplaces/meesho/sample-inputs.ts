/** By which answers and inputs the kit judges Meesho's adapter. */
import type { Sample } from 'robnu/testing'

const codes = [
  ...['UNKNOWN_KEY', 'SIGNATURE_MISMATCH', 'TIMESTAMP_SKEW', 'BAD_CURSOR', 'NOT_FOUND', 'EXPIRED'],
  ...['WRONG_LOCATION', 'KIT_WORD', 'toString'],
]
const told = [
  ...['CANCELLED', 'UNVERIFIED', 'ON_HOLD', 'NOT_ACCEPTED', 'NOT_READY', 'OTHER_COURIER'],
  ...['ALREADY_MANIFESTED', 'EMPTY', 'INVALID_STATE', 'MALFORMED'],
]
const body = (code: unknown, more: object = {}) => ({ error: { code, message: 'x', ...more } })
export const refusals: NonNullable<Sample['refusals']> = [
  ...[400, 401, 403, 404, 405, 409, 410, 422, 429, 500, 503].flatMap((status) =>
    codes.map((code) => ({ status, body: body(code) }))
  ),
  ...told.map((code) => ({ status: 409, body: body(code) })),
  ...['X', 'A1', 'A'.repeat(61), 'A'.repeat(62), 'xA_B', 'A_Bx', 'a b'].map((code) => ({
    status: 422,
    body: body(code),
  })),
  { status: 401, body: body('TIMESTAMP_SKEW', { server_time: 1_786_680_000 }) },
  { status: 401, body: body('TIMESTAMP_SKEW', { server_time: 'soon' }) },
  { status: 422, body: { ...body('EMPTY'), excluded: 'x' } },
  { status: 401, body: 'x' },
  { status: 422, body: null },
]

const details = {
  ...{ merchant_id: 'MER1', supplier_identifier: 'SUP1', location_external_identifier: 'LOC' },
}
const keys = { api_key: 'key-0001', api_secret: 'secret-01', webhook_secret: 'webhook-1' }
const variants = (good: object, changes: Readonly<Record<string, readonly unknown[]>>) => [
  good,
  ...Object.entries(changes).flatMap(([name, values]) =>
    values.map((value) => ({ ...good, [name]: value }))
  ),
]
const sizes = (limit: number) => [undefined, 0, 1, limit, limit + 1, 1.5, '1']
const ids = ['', ' ', 'x', ' x ', 'a.b-c_d', 'a b', 'a,b', 'x'.repeat(80), 'x'.repeat(81), null, 7]
const secret = [null, '', 'x'.repeat(7), 'x'.repeat(8), 'x'.repeat(1000), 'x'.repeat(1001)]
const walk = {
  ...{ from: '2026-08-01T00:00:00.000Z', to: '2026-08-02T00:00:00.000Z' },
  ...{ page: null, last: true },
}
const cursor = {
  ...{ watermark: '2026-08-01T00:00:00.000Z', walk: null, deep: null },
  ...{ deepAt: '2026-08-01T00:00:00.000Z', pass: null },
}

export const inputs: NonNullable<Sample['inputs']> = {
  config: [{}, ...sizes(730).map((historyDays) => ({ historyDays })), { unknown: 1 }],
  details: variants(details, {
    merchant_id: ids,
    supplier_identifier: ids,
    location_external_identifier: ids,
    supplier_id: [null, '1', 1, 1.5, -1, 'x', '1'.repeat(18), '1'.repeat(19)],
    api_version: [undefined, 'V2', 'V1', null],
    acceptance_preference: [undefined, 'BY_INVENTORY', 'MANUAL', 'SOMETIMES', null],
    facility_warehouse_id: [null, '018f3c5e-0000-7000-8000-000000000001', 'shed'],
    claim_window_days: sizes(365),
  }),
  credentials: variants(keys, {
    ...{ api_key: secret, api_secret: secret, webhook_secret: [undefined, ...secret] },
  }),
  cursor: [
    ...variants(cursor, {
      ...{ watermark: [null, 'x'], walk: ['x', walk], deep: ['x', walk], deepAt: [null, 'x'] },
      pass: ['x', { from: walk.from, to: walk.to, walk }, { from: walk.from, to: walk.to }],
    }),
    ...variants(walk, {
      ...{ from: ['x'], to: ['x'], page: ['', 'x', 7, 'x'.repeat(2000), 'x'.repeat(2001)] },
      last: [null],
    }).map((one) => ({ ...cursor, walk: one })),
  ],
}
