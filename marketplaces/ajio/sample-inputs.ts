/** By which answers and inputs the kit judges AJIO's adapter. */
import type { Sample } from 'robnu/testing'

const codes = [
  ...['TOKEN_EXPIRED', 'TOKEN_INVALID', 'SESSION_DEAD', 'POB_MISMATCH', 'NOT_READY', 'NOT_FOUND'],
  ...[
    'BATCH_REFUSED',
    'ON_HOLD',
    'KIT_WORD',
    'toString',
    'X',
    'A1',
    'A'.repeat(61),
    'A'.repeat(62),
  ],
  ...['xA_B', 'A_Bx', 'a b'],
]
const told = ['ON_HOLD', 'CANCELLED', 'UNKNOWN_SKU', 'UNKNOWN_LINE', 'QTY_ABOVE_ORDER', 'QC_PASSED']
export const refusals: NonNullable<Sample['refusals']> = [
  ...[400, 401, 403, 404, 405, 409, 410, 422, 429, 500, 503].flatMap((status) =>
    codes.slice(0, 9).map((code) => ({ status, body: { code, message: 'x', errors: [] } }))
  ),
  ...codes.slice(9).map((code) => ({ status: 422, body: { code } })),
  ...told.map((code) => ({ status: 409, body: { code } })),
  ...[
    [{ code: 'UNKNOWN_SKU', sellerSku: 'BAG-SPT-XL' }],
    [{ code: 'UNKNOWN_SKU', sellerSku: 'KIT' }],
    [{ code: 'bad', sellerSku: 'BAG-SPT-XL' }],
    [{ code: 'UNKNOWN_SKU' }],
    'x',
  ].map((errors) => ({ status: 422, body: { code: 'BATCH_REFUSED', errors } })),
  { status: 422, body: { code: 'X_Y', shipmentId: 'A b' } },
  { status: 401, body: 'x' },
  { status: 422, body: null },
]

const details = {
  ...{ pob_id: 'DV100003', store_code: 'S103', gstin: '29AAGCR4375J1ZU' },
}
const tokens = { access_token: 'a', refresh_token: 'r', session_context: 's', user_context: 'u' }
const variants = (good: object, changes: Readonly<Record<string, readonly unknown[]>>) => [
  good,
  ...Object.entries(changes).flatMap(([name, values]) =>
    values.map((value) => ({ ...good, [name]: value }))
  ),
]
const sizes = (limit: number) => [undefined, 0, 1, limit, limit + 1, 1.5, '1']
const lengths = (
  limit: number,
) => [null, '', ' ', 'x', ' x ', 'x'.repeat(limit), 'x'.repeat(limit + 1)]
const instants = [null, undefined, '2026-08-01', 1_754_000_000_000, 'x', true, {}]
const walk = {
  ...{ from: '2026-08-01T00:00:00.000Z', to: '2026-08-02T00:00:00.000Z', page: 0 },
  ...{ at: '2026-08-01T00:00:00.000Z', total: null, last: true },
}
const cursor = {
  ...{ watermark: '2026-08-01T00:00:00.000Z', walk: null, deep: null },
  ...{ deepAt: '2026-08-01T00:00:00.000Z', pass: null },
}

export const inputs: NonNullable<Sample['inputs']> = {
  config: [{}, ...sizes(730).map((historyDays) => ({ historyDays })), { unknown: 1 }],
  details: variants(details, {
    pob_id: [
      '',
      'DV',
      'DV1',
      'DV12',
      `DV${'1'.repeat(28)}`,
      `DV${'1'.repeat(29)}`,
      'xDV100',
      'DV10x',
    ],
    store_code: lengths(100),
    model: ['JIT', 'DROPSHIP_VMS', 'X', null],
    return_model: ['RSI', 'CREDIT_NOTE', 'X', null],
    dc_code: lengths(100),
    b2b_invoice_series: [...lengths(10), 'a/b-1', 'a b', 'A_', 'Ax!', '!Ax'],
    gstin: ['', ' 29aagcr4375j1zu ', '29AAGCR4375J1ZX', 'x', null],
    manifest_cutoff: [
      '00:00',
      '23:59',
      '24:00',
      '9:00',
      '19:60',
      '17:30:00',
      '17:30:01',
      'x17:30',
      '17:30x',
    ],
    claim_window_days: sizes(365),
    box_weight_grams: sizes(100_000),
    box_length_cm: sizes(100_000),
    box_breadth_cm: sizes(100_000),
    box_height_cm: sizes(100_000),
  }),
  credentials: variants(tokens, {
    access_token: lengths(16_384),
    refresh_token: lengths(16_384),
    session_context: lengths(16_384),
    user_context: lengths(16_384),
    token_expires_at: instants,
    last_refresh_at: instants,
    pob_password: lengths(1000),
  }),
  cursor: [
    ...variants(cursor, {
      ...{ watermark: [null, 'x'], walk: ['x', walk], deep: ['x', walk], deepAt: [null, 'x'] },
      pass: ['x', { from: walk.from, to: walk.to, walk }, { from: walk.from, to: walk.to }],
    }),
    ...variants(walk, {
      ...{ from: ['x'], to: ['x'], at: ['x'], page: [-1, 0, 1, 1.5], total: ['x', 3, 1.5] },
      last: [null],
    }).map((one) => ({ ...cursor, walk: one })),
  ],
}
