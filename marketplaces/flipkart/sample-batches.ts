/** Batches of Flipkart's orders: done, held, half done, and refused in every way. */
import type { BatchSample } from 'robnu/testing'
import { batch, onLines } from './sample-batch.ts'
import * as world from './sample-world.ts'

const { account, apart, formless, fresh, gone, held, large, own, packed, ready } = world

const [one = '', two = '', three = ''] = fresh
const verb = (name: string, body: object) => ({ verb: name, body: { account, ...body } })
const base = 'https://api.flipkart.net/sellers/v3/shipments'
const orders = `${base}?orderIds=`

/** What the one shipment of a request is answered with. */
const refused = (to: string, errorCode: string | null, status = 'FAILURE') => ({
  ...batch([one]),
  answers: [{ to, set: { 'shipments.0.status': status, 'shipments.0.errorCode': errorCode } }],
})

export const batches: Readonly<Record<string, BatchSample>> = {
  'every kind of shipment': batch([apart, large, own]),
  'what stays behind': batch([formless, held, gone]),
  'begun at the portal': batch([packed, ready]),
  'gone meanwhile': batch(fresh, undefined, {}, [
    verb('cancelAs', { orderId: one, by: 'buyer' }),
    verb('hold', { orderId: two }),
    verb('advance', { orderId: three, to: 'SHIPPED' }),
  ]),
  'moved to later': batch([one, two], undefined, {}, [
    verb('updateDispatchSlot', {
      orderId: one,
      ...{
        dispatchAfterDate: '2026-08-17T10:00:00+05:30',
        dispatchByDate: '2026-08-18T10:00:00+05:30',
      },
    }),
  ]),
  'less than ordered': batch([one, two], onLines(() => ({ confirmedQuantity: 0 }))),
  'other lines': batch([one, two], onLines(() => ({ externalId: '999' }))),
  'another rate': batch([one], onLines(() => ({ gstRateBp: 1800 }))),
  'a rate that is none': batch([one, two], onLines(() => ({ gstRateBp: 700 }))),
  'no invoice': batch([one, two], ({ invoice: _, ...order }) => order),
  'at the cut-off': batch([one], undefined, { closure: 'DELAYED' }),
  'closing others': batch([one], undefined, {
    closeManifests: ['MF-UNKNOWN', 'LOC5f1c7a20be3d4e01/E-Kart/single/kit', 'LOC1/%/mps/kit'],
    manifestShipments: { 'LOC5f1c7a20be3d4e01/E-Kart/single/kit': ['S-KIT'] },
  }),
  'another package': {
    ...batch([one]),
    details: { package_weight_grams: 1250, package_length_cm: 41, gst_rate_bp: 1200 },
  },
  'another courier': { ...batch([own]), details: { self_ship_carrier: 'Kit Couriers' } },
  ...Object.fromEntries(
    ['/labels', '/dispatch', '/manifest'].map((to) => [`lost: POST ${to}`, {
      ...batch([one, two]),
      answers: [{ to: `POST ${base}${to}`, lost: true as const }],
    }]),
  ),
  ...Object.fromEntries(
    ['INVALID_REQUEST_TAX', 'UNPROCESSABLE_ENTITY', 'INVALID_ITEM_STATE', 'x y', 'KIT_WORD']
      .map((code) => [`packing: ${code}`, refused(`POST ${base}/labels`, code)]),
  ),
  'packing: success and a code': refused(`POST ${base}/labels`, 'INVALID_SHIPMENTS', 'success'),
  'packing: failure and no code': refused(`POST ${base}/labels`, null, 'failure'),
  'dispatching: refused': refused(`POST ${base}/dispatch`, 'OPERATION_NOT_ALLOWED'),
  'dispatching: another state': refused(`POST ${base}/dispatch`, 'INVALID_ITEM_STATE'),
  'a whole request that is refused': {
    ...batch([one, two]),
    answers: [{ to: `POST ${base}/labels`, status: 400, body: { errors: [{ code: 'X_Y' }] } }],
  },
  'a label that takes its time': {
    ...batch([one]),
    answers: [{ to: '/labels', status: 422, body: { errors: [{ code: 'INVALID_ITEM_STATE' }] } }],
  },
  'an unknown word': {
    ...batch([one, two]),
    answers: [{ to: orders, set: { 'shipments.0.orderItems.0.status': 'PONDERED' } }],
  },
  'no courier': {
    ...batch([one]),
    answers: [{ to: `GET ${base}/`, times: 9, set: { 'shipments.0.courierDetails': null } }],
  },
}
