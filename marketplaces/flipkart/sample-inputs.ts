/** By which answers and inputs the kit judges Flipkart's adapter. */
import type { Sample } from 'robnu/testing'

const codes = [
  ...['OPERATION_NOT_ALLOWED', 'INVALID_ITEM_STATE', 'INVALID_PAGE_TOKEN', 'KIT_WORD', 'toString'],
  ...['a b', 'A'.repeat(61), 'A'.repeat(62)],
]
const errors = (code: unknown) => ({ errors: [{ severity: 'ERROR', code, description: 'x' }] })
export const refusals: NonNullable<Sample['refusals']> = [
  ...[400, 401, 403, 404, 409, 410, 422, 429, 499, 500, 503].flatMap((status) =>
    codes.slice(0, 3).map((code) => ({ status, body: errors(code) }))
  ),
  ...codes.slice(3).map((code) => ({ status: 422, body: errors(code) })),
  ...['unauthorized', 'invalid_grant', 'x'].flatMap((error) =>
    [400, 401, 403].map((status) => ({ status, body: { error, error_description: 'x' } }))
  ),
  { status: 400, body: errors(null) },
  { status: 400, body: { errors: [] } },
  { status: 400, body: 'x' },
  { status: 422, body: null },
]

const variants = (good: object, changes: Readonly<Record<string, readonly unknown[]>>) => [
  good,
  ...Object.entries(changes).flatMap(([name, values]) =>
    values.map((value) => ({ ...good, [name]: value }))
  ),
]
const sizes = (limit: number) => [undefined, 0, 1, limit, limit + 1, 1.5, '1']
const lengths = (limit: number) => [null, '', 'x', 'x'.repeat(limit), 'x'.repeat(limit + 1)]
const instants = [null, undefined, '2026-08-01', 1_754_000_000_000, 'x', true]
const iso = '2026-08-01T00:00:00.000Z'
const walk = { from: iso, to: iso, list: 'preDispatch', next: null, again: false, last: true }
const asked = { id: 'R-1', from: '2026-08-01', to: '2026-08-02', times: 1, last: true }
const cursor = {
  ...{ watermark: iso, walk: null, deep: null, deepAt: iso, pass: null, asked: null },
}

export const inputs: NonNullable<Sample['inputs']> = {
  config: [{}, ...sizes(730).map((historyDays) => ({ historyDays })), { unknown: 1 }],
  details: variants({ flipkart_seller_id: 'fk12', app_id: 'a' }, {
    app_id: lengths(200),
    flipkart_seller_id: ['', 'fk1', 'x'.repeat(64), 'x'.repeat(65), 'a b', null],
    environment: ['PROD', 'SANDBOX', 'X', null],
    grant_type: ['CLIENT_CREDENTIALS', 'AUTHORIZATION_CODE', 'X', null],
    location_ids: [[], ['LOC1'], ['LOC'], ['xLOC1'], [`LOC${'1'.repeat(60)}`], 'LOC1', null],
    reports_api_enabled: [true, false, 'true', null],
    notification_url: ['https://a.example/x', 'http://a.example/x', 'x', null],
    gstin: ['', ' 29aagcr4375j1zu ', '29AAGCR4375J1ZX', null],
    b2b_invoice_series: [...lengths(10), 'a/b-1', 'a b', 'A_'],
    gst_rate_bp: [...sizes(10_000), -1],
    package_length_cm: sizes(100_000),
    package_breadth_cm: sizes(100_000),
    package_height_cm: sizes(100_000),
    package_weight_grams: sizes(100_000),
    self_ship_carrier: [...lengths(100), ' x '],
    manifest_cutoff: ['00:00', '23:59', '24:00', '9:00', '17:30:00', '17:30:01', 'x17:30'],
  }),
  credentials: variants({ app_secret: 's' }, {
    app_secret: lengths(8192),
    access_token: lengths(8192),
    access_token_expires_at: instants,
    refresh_token: lengths(8192),
    refresh_token_expires_at: instants,
    notification_secret: lengths(8192),
  }),
  cursor: [
    ...variants(cursor, {
      ...{ watermark: [null, 'x'], walk: ['x', walk], deep: ['x', walk], deepAt: [null, 'x'] },
      pass: ['x', { from: iso, to: iso, walk, asked: null }, {
        from: iso,
        to: iso,
        walk: null,
        asked,
      }],
      asked: ['x', asked, { ...asked, times: 0 }, { ...asked, from: 'x' }, { ...asked, id: null }],
    }),
    ...variants(walk, {
      ...{ from: ['x'], to: ['x'], list: ['x'.repeat(40), 'x'.repeat(41)], next: ['x', 7] },
      ...{ again: [true, 'x'], last: [null] },
    }).map((one) => ({ ...cursor, walk: one })),
  ],
}
