/** Batches of AJIO's orders: done, held, half done, and refused in every way. */
import type { BatchSample } from 'robnu/testing'
import {
  type Answer,
  asIs,
  batch,
  chain,
  confirmed,
  first,
  inThrees,
  label,
  notReady,
  one,
  onlyAt,
  open,
  packing,
  refusing,
  spoiled,
  three,
  two,
} from './sample-batch.ts'

const checked: readonly Answer[] = [
  { status: 'Cancelled' },
  { 'shipments.0.status': 'Cancelled' },
  { onHold: true },
  { 'shipments.0.awb': null },
  { 'shipments.0.lines.0.quantity': 2 },
  { 'shipments.0.lines.0.jioCode': '44' },
  { 'shipments.0.shipmentId': 'SH-KIT' },
  { 'shipments.0.status': 'Kit' },
  { shipments: null },
]
const accepted: readonly Answer[] = [
  { status: 'Kit' },
  { onHold: true, unholdAt: null },
  { poNo: null },
  { 'lines.0.cancelledQty': 1 },
  {
    shipments: [{
      ...{ shipmentId: 'SHX', status: 'Cancelled', updatedAt: '2026-08-01T10:20:30Z' },
      ...{ lines: [], carrier: null, awb: null, manifestId: null },
    }],
  },
]
const billed: readonly Answer[] = [
  { ready: false },
  { billTo: null },
  { 'billTo.name': null },
  { 'billTo.address': null },
  { 'billTo.gstin': null },
  { 'billTo.gstin': '29AAGCR4375J1ZX' },
  { 'billTo.gstin': '29AAGCR4375J1ZU' },
  { 'billTo.stateCode': null },
]
export const batches: Readonly<Record<string, BatchSample>> = {
  'gone meanwhile': batch(asIs, {}, [
    { verb: 'cancelAs', body: { orderId: one, by: 'buyer' } },
    { verb: 'hold', body: { orderId: two } },
    { verb: 'advance', body: { orderId: three, to: 'Shipped' } },
  ]),
  'delivered and lost': batch(asIs, {}, [
    { verb: 'advance', body: { orderId: one, to: 'Delivered' } },
    { verb: 'advance', body: { orderId: two, to: 'Lost' } },
    { verb: 'advance', body: { orderId: three, to: 'Manifested' } },
  ]),
  'begun at the portal': batch(onlyAt(2, confirmed(2)), {}, [
    { verb: 'advance', body: { orderId: one, to: 'Acknowledged' } },
    { verb: 'advance', body: { orderId: two, to: 'Ready to Ship' } },
    { verb: 'advance', body: { orderId: three, to: 'PO created' } },
  ]),
  'other lines': batch(chain(
    onlyAt(0, (order) => ({ ...order, postalCode: '560001', stateCode: '07' })),
    onlyAt(1, (order) => ({ ...order, lines: order.lines.slice(0, 1) })),
    onlyAt(2, (order) => ({
      ...order,
      lines: order.lines.map((line) => ({ ...line, externalId: 'KIT-1/444548114179' })),
    })),
  )),
  'a slash in the number of a line': {
    ...batch(
      (order) => ({
        ...order,
        lines: order.lines.map((line) => ({
          ...line,
          externalId: line.externalId.replace('FWD300242-1/', 'FWD/1/'),
        })),
      }),
      {},
      [],
      [one],
    ),
    answers: [{ to: `/orders/${one}`, times: 9, set: { 'lines.0.sellerOrderNo': 'FWD/1' } }],
  },
  ...Object.fromEntries(
    ['POST https://vms-gateway.robnu.com/vms/manifests', '/acknowledge', packing, '/close'].map((
      to,
    ) => [
      `lost: ${to.slice(to.lastIndexOf('/'))}`,
      { ...batch(asIs, {}, [], [one, two]), answers: [{ to, lost: true as const }] },
    ]),
  ),
  'lost twice': {
    ...batch(asIs, { closeManifests: [open] }, [], [two]),
    first,
    answers: [{ to: 'POST', lost: true, times: 9 }],
  },
  'closing two': { ...batch(asIs, { closeManifests: [open] }, [], [two]), first },
  'no address': batch(onlyAt(0, (order) => ({ ...order, postalCode: null, stateCode: null }))),
  'less than ordered': batch(chain(
    onlyAt(0, confirmed(0)),
    onlyAt(1, confirmed(0, 1)),
    onlyAt(2, confirmed(2)),
  )),
  'more than ordered': batch(chain(
    onlyAt(0, ({ invoice: _, ...order }) => order),
    onlyAt(2, confirmed(4)),
  )),
  'a line cancelled': batch(asIs, {}, [{
    verb: 'cancelAs',
    body: { orderId: two, by: 'buyer', lines: [{ sellerOrderNo: 'FWD300243-1', quantity: 1 }] },
  }, {
    verb: 'cancelAs',
    body: { orderId: three, by: 'seller', lines: [{ sellerOrderNo: 'FWD300244-1', quantity: 1 }] },
  }]),
  'what is left of a line': batch(chain(onlyAt(1, confirmed(0, 1)), onlyAt(2, confirmed(2))), {}, [{
    verb: 'cancelAs',
    body: { orderId: two, by: 'buyer', lines: [{ sellerOrderNo: 'FWD300243-1', quantity: 1 }] },
  }, {
    verb: 'cancelAs',
    body: { orderId: three, by: 'seller', lines: [{ sellerOrderNo: 'FWD300244-1', quantity: 1 }] },
  }]),
  'no purchase order': batch(asIs, {}, [
    { verb: 'poReady', body: { orderId: one, ready: false } },
    { verb: 'poReady', body: { orderId: two, ready: false } },
  ]),
  'spoiled': batch(asIs, {}, [], [...spoiled, one]),
  'one invoice for two': batch((order) => ({
    ...order,
    invoice: { number: 'KIT/26-27/9', date: '2026-08-15' },
  })),
  'at the cut-off': batch(asIs, { closure: 'DELAYED' }),
  'closing others': batch(asIs, {
    closeManifests: ['MF-UNKNOWN'],
    openManifests: [],
  }),
  'closing what is closed': batch(asIs, { closeManifests: ['MF300043'], closure: 'DELAYED' }),
  'into others': batch(asIs, {
    openManifests: [
      { externalId: 'MF-UNKNOWN', shipments: 1 },
      { externalId: 'MF300043', shipments: 1 },
    ],
  }),
  'changing what is not there': batch(asIs, {
    manifestChanges: { externalId: 'MF-UNKNOWN', add: ['SH300128'], remove: [] },
  }),
  'changing what is closed': batch(asIs, {
    manifestChanges: { externalId: 'MF300043', add: ['SH-KIT'], remove: [] },
  }),
  'changing nothing': batch(asIs, {
    manifestChanges: { externalId: 'MF300043', add: ['SH300128'], remove: ['SH-KIT'] },
  }),
  'taking out': batch(asIs, {
    manifestChanges: { externalId: 'MF300043', add: [], remove: ['SH300128'] },
  }),
  'another model': { ...batch(asIs), details: { model: 'JIT' } },
  'another box': { ...batch(asIs), details: { box_weight_grams: 750, box_length_cm: 41 } },
  'a label that never comes': {
    ...batch(asIs, {}, [], [one]),
    answers: [
      notReady,
      { to: label, status: 429, body: {}, headers: { 'retry-after': '20700' } },
      { ...notReady, times: 4 },
    ],
  },
  'a label of an unknown parcel': {
    ...batch(asIs),
    answers: [refusing(label, 404, 'NOT_FOUND'), refusing('/customer-invoice', 410, 'GONE')],
  },
  'into the open one': {
    ...batch(asIs, { openManifests: [{ externalId: open, shipments: 1 }] }, [], [two, three]),
    first,
  },
  ...Object.fromEntries([248, 249, 250].map((count) => [`into one with ${count}`, {
    ...batch(asIs, { openManifests: [{ externalId: open, shipments: count }] }, [], [two, three]),
    first,
    answers: [{
      to: `GET https://vms-gateway.robnu.com/vms/manifests/${open}`,
      set: { shipments: Array.from({ length: count }, (_, at) => `SHK${at}`) },
    }],
  }])),
  'closing an open one': {
    ...batch(asIs, { closeManifests: [open], closure: 'DELAYED' }, [], [two, three]),
    first,
  },
  'changing an open one': {
    ...batch(
      asIs,
      {
        manifestChanges: { externalId: open, add: ['SH300128'], remove: ['SH300180'] },
      },
      [],
      [two],
    ),
    first,
  },
  'emptying an open one': {
    ...batch(
      asIs,
      {
        closeManifests: [open],
        manifestChanges: { externalId: open, add: [], remove: ['SH300180', 'SH-KIT'] },
      },
      [],
      [two],
    ),
    first,
  },
  ...Object.fromEntries(
    ['MANIFEST_CLOSED', 'MANIFEST_FULL', 'IN_OTHER_MANIFEST'].map((code) => [`filling: ${code}`, {
      ...batch(asIs, {}, [], [one, two]),
      answers: [refusing(`${open}/shipments`, 409, code)],
    }]),
  ),
  'closing: unknown': {
    ...batch(asIs, {}, [], [one]),
    answers: [refusing('/close', 422, 'NOT_FOUND')],
  },
  'packing: refused': {
    ...batch(asIs, {}, [], [one, two]),
    answers: [refusing(packing, 409, 'NOT_ACKNOWLEDGED')],
  },
  'confirming: nobody named': {
    ...batch(asIs, {}, [], [one, two]),
    answers: [refusing('/acknowledge', 422, 'BATCH_REFUSED')],
  },
  'closing an empty one': {
    ...batch(asIs, {}, [], [one]),
    answers: [refusing('/close', 422, 'MANIFEST_EMPTY')],
  },
  'packed already': {
    ...batch(asIs, {}, [], [one]),
    answers: [
      refusing(packing, 409, 'ALREADY_SHIPPED', {
        shipmentId: 'SH300128',
      }),
    ],
  },
  'packed already, and nobody knows where': {
    ...batch(asIs, {}, [], [one]),
    answers: [
      refusing(packing, 409, 'ALREADY_SHIPPED', {
        shipmentId: 'SH-KIT',
      }),
    ],
  },
  ...Object.fromEntries(
    ['ALREADY_ACKNOWLEDGED', 'CANCELLED', 'ON_HOLD'].map((code) => [`confirmed: ${code}`, {
      ...batch(asIs, {}, [], [one, two]),
      answers: [
        refusing('/acknowledge', 422, 'BATCH_REFUSED', { errors: [{ code, custOrderNo: one }] }),
      ],
    }]),
  ),
  'confirmed at the portal meanwhile': {
    ...batch(onlyAt(1, confirmed(2)), {}, [], [one, three]),
    answers: [
      refusing('/acknowledge', 422, 'BATCH_REFUSED', {
        errors: [one, three].map((custOrderNo) => ({ code: 'ALREADY_ACKNOWLEDGED', custOrderNo })),
      }),
      ...[one, three].map((no) => ({ to: `/orders/${no}`, set: {} })),
      ...[one, three].map((no) => ({ to: `/orders/${no}`, set: { status: 'Acknowledged' } })),
    ],
  },
  ...inThrees('checked', checked, (no, set) => [
    { to: `/orders/${no}`, set: {} },
    { to: `/orders/${no}`, set },
  ]),
  ...inThrees('accepted', accepted, (no, set) => [{ to: `/orders/${no}`, set }]),
  'accepted: another order': {
    ...batch(asIs, {}, [], [one, two]),
    answers: [{ to: `/orders/${one}`, set: { custOrderNo: 'FN1' } }],
  },
  ...inThrees('billed', billed, (no, set) => [
    { to: `/orders/${no.replace('FN260815', '4500')}/b2b-info`, set },
  ]),
  'billed: refused': {
    ...batch(asIs, {}, [], [one]),
    answers: [refusing('/b2b-info', 409, 'PO_NOT_READY')],
  },
  'billed: not there': {
    ...batch(asIs, {}, [], [one]),
    answers: [refusing('/b2b-info', 404, 'NOT_FOUND')],
  },
}
