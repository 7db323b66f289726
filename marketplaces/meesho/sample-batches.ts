/** Batches of Meesho's sub-orders: done, held, half done, and refused in every way. */
import type { BatchSample } from 'robnu/testing'
import {
  asIs,
  batch,
  batchOf,
  confirmed,
  one,
  refusing,
  routes,
  three,
  two,
  unverified,
} from './sample-batch.ts'

const only = [one]
const read = (set: object, times = 1) => ({ to: routes.read, times, set: { ...set } })
const asTold = read({})
/** The sub-order as it stands, then as it is changed: at the last look. */
const changedLater = (set: object) => ({
  ...batch(asIs, {}, [], only),
  answers: [asTold, asTold, read(set)],
})
const results = (...codes: readonly (string | null)[]) => ({
  results: [one, two, three].slice(0, codes.length).map((sub_order_no, at) => ({
    sub_order_no,
    ...{ status: codes[at] === null ? 'OK' : 'FAILED', code: codes[at] },
  })),
})
const job = (told: Readonly<Record<string, unknown>>) => ({
  ...batch(asIs, {}, [], only),
  answers: [{ to: routes.job, set: told }],
})
/** Jobs that fail and give no reason. */
const failing = (times: number) => [
  { to: routes.job, times, set: { status: 'FAILED', labels: [], failed: [] } },
]
const excluded = (code: string, manifest_id: string | null = null) => ({
  excluded: [{ sub_order_no: one, code, manifest_id }],
})

export const batches: Readonly<Record<string, BatchSample>> = {
  'gone meanwhile': batch(asIs, {}, [
    { verb: 'cancelAs', body: { orderId: one, by: 'buyer' } },
    { verb: 'hold', body: { orderId: two } },
    { verb: 'advance', body: { orderId: three, to: 'SHIPPED' } },
  ]),
  'delivered, lost and on its way back': batch(asIs, {}, [
    { verb: 'advance', body: { orderId: one, to: 'DELIVERED' } },
    { verb: 'advance', body: { orderId: two, to: 'LOST' } },
    { verb: 'advance', body: { orderId: three, to: 'RTO_INITIATED' } },
  ]),
  'begun at the panel': batch(asIs, {}, [
    { verb: 'advance', body: { orderId: one, to: 'ACCEPTED' } },
    { verb: 'advance', body: { orderId: two, to: 'READY_TO_SHIP' } },
    { verb: 'advance', body: { orderId: three, to: 'MANIFESTED' } },
  ]),
  'not verified': batch(asIs, {}, [], [unverified, one]),
  'nothing in stock': batch(confirmed(0)),
  'a part in stock': batch((order) => ({
    ...order,
    lines: order.lines.map((line) => ({ ...line, quantity: 3, confirmedQuantity: 1 })),
  })),
  ...Object.fromEntries((['ALWAYS', 'BY_INVENTORY'] as const).map((acceptance_preference) => [
    `accepted ${acceptance_preference}`,
    { ...batch(asIs, {}, [], only), details: { acceptance_preference } },
  ])),
  'closed by hand': batch(asIs, { closure: 'MANUAL' }),
  'closed later': batch(asIs, { closure: 'DELAYED' }),
  'closing what is closed': batch(asIs, { closeManifests: ['MN-NONE'] }, [], only),
  'changing': batch(asIs, { manifestChanges: { externalId: 'MN1', add: [], remove: ['PK1'] } }),
  ...Object.fromEntries(
    [routes.accept, routes.labels, routes.manifests].map((to) => [
      `lost: ${to.slice(to.lastIndexOf('/'))}`,
      { ...batch(asIs, {}, [], [one, two]), answers: [{ to, lost: true as const }] },
    ]),
  ),
  'all lost': { ...batch(asIs, {}, [], only), answers: [{ to: 'POST', lost: true, times: 3 }] },
  'done before': { ...batch(asIs), first: (orders) => ({ ...batchOf(orders), id: 'kit-batch-0' }) },
  'accepted: refused one by one': {
    ...batch(asIs),
    answers: [{
      to: routes.accept,
      status: 200,
      body: results('CANCELLED', 'UNVERIFIED', 'NOT_FOUND'),
    }],
  },
  'accepted: already, on hold and unanswered': {
    ...batch(asIs),
    answers: [{ to: routes.accept, status: 200, body: results('ALREADY_ACCEPTED', 'ON_HOLD') }],
  },
  'accepted: with a word of tomorrow': {
    ...batch(asIs, {}, [], only),
    answers: [{ to: routes.accept, status: 200, body: results('KIT_WORD') }],
  },
  'read: an unknown word': {
    ...batch(asIs, {}, [], only),
    answers: [read({ 'data.0.status': 'Kit' })],
  },
  'read: another quantity': {
    ...batch(asIs, {}, [], only),
    answers: [read({ 'data.0.quantity': 7 })],
  },
  'read: another sub-order': {
    ...batch(asIs, {}, [], only),
    answers: [read({ 'data.0.sub_order_no': '1_1' })],
  },
  ...Object.fromEntries(
    [
      { 'data.0.status': 'CANCELLED' },
      { 'data.0.status': 'CANCELLED', 'data.0.packet_id': null },
      { 'data.0.packet_id': null },
      { 'data.0.sub_order_no': '1_1' },
    ].map((set, at) => [`labelled: changed ${at + 1}`, {
      ...batch(asIs, {}, [], only),
      answers: [asTold, read(set)],
    }]),
  ),
  ...Object.fromEntries(
    [
      { 'data.0.status': 'CANCELLED' },
      { 'data.0.status': 'CANCELLED', 'data.0.packet_id': null },
      { 'data.0.packet_id': null },
      { 'data.0.awb': null },
      { 'data.0.courier': null },
      { 'data.0.quantity': 9 },
      { 'data.0.sub_order_no': '1_1' },
      { 'data.0.status': 'SHIPPED' },
      { 'data.0.status': 'Kit' },
    ].map((set, at) => [`checked: changed ${at + 1}`, changedLater(set)]),
  ),
  ...Object.fromEntries(
    [
      { 'data.0.status': 'CANCELLED' },
      { 'data.0.courier': null },
      { 'data.0.sub_order_no': '1_1' },
      { 'data.0.status': 'SHIPPED' },
      { 'data.0.status': 'Kit' },
    ].map((set, at) => [`handed over: changed ${at + 1}`, {
      ...batch(asIs, {}, [], only),
      answers: [asTold, asTold, asTold, read(set)],
    }]),
  ),
  'a job that fails': { ...batch(asIs, {}, [], only), answers: failing(1) },
  'a job that fails three times': { ...batch(asIs, {}, [], only), answers: failing(3) },
  'a job that is forgotten': {
    ...batch(asIs, {}, [], only),
    answers: [refusing(routes.job, 404, 'NOT_FOUND')],
  },
  'a job of another number': job({ job_id: 'J-KIT' }),
  'a job that says why': {
    ...batch(asIs),
    answers: [{
      to: routes.job,
      set: {
        ...{ status: 'DONE', labels: [] },
        failed: ['NOT_ACCEPTED', 'CANCELLED', 'KIT_WORD'].map((code, at) => ({
          ...{ sub_order_no: [one, two, three][at], code },
        })),
      },
    }],
  },
  'a label that is over': {
    ...batch(asIs, {}, [], only),
    answers: [refusing(routes.file, 410, 'EXPIRED')],
  },
  ...Object.fromEntries(
    ['OTHER_COURIER', 'NOT_READY', 'CANCELLED', 'KIT_WORD'].map((code) => [
      `left out: ${code}`,
      {
        ...batch(asIs, {}, [], only),
        answers: [refusing(routes.manifests, 422, 'EMPTY', excluded(code))],
      },
    ]),
  ),
  'left out, and nobody says why': {
    ...batch(asIs, {}, [], only),
    answers: [refusing(routes.manifests, 422, 'EMPTY')],
  },
  'a manifest of others': {
    ...batch(asIs, {}, [], only),
    answers: [{ to: routes.manifests, set: { parcels: [] } }],
  },
}
