/** Rows of processing, manifests and documents. */
import { account, type RouteRow, text } from './route-row.ts'

const batch = 'batches.id'
const manifest = 'manifests.id'

export const processingRows: Readonly<Record<string, RouteRow>> = {
  'GET /v1/processing': { ids: { 'query account': account }, weight: 20 },
  'POST /v1/processing': {
    ids: {
      'body marketplace_account_id': account,
      'body order_ids/0': 'orders.id',
      'body quantities/0/order_item_id': 'order_items.id',
    },
    body: ({ id }) => ({
      marketplace_account_id: id(account),
      order_ids: [id('orders.id')],
      quantities: [{ order_item_id: id('order_items.id'), quantity: 1 }],
      closure: 'MANUAL',
    }),
    makes: batch,
    weight: 2,
  },
  'GET /v1/processing/{id}': { ids: { 'path id': batch }, weight: 20 },
  'GET /v1/processing/{id}/lines': { ids: { 'path id': batch }, weight: 20 },
  'GET /v1/manifests': { ids: { 'query account': account }, weight: 20 },
  'GET /v1/manifests/{id}': { ids: { 'path id': manifest }, weight: 20 },
  'POST /v1/manifests/{id}/shipments': {
    ids: { 'path id': manifest, 'body add/0': 'shipments.id', 'body remove/0': 'shipments.id' },
    body: ({ id, draw }) => ({ [draw.pick(['add', 'remove'])]: [id('shipments.id')] }),
    makes: batch,
    weight: 2,
  },
  'POST /v1/manifests/{id}/close': {
    ids: { 'path id': manifest },
    body: () => ({}),
    makes: batch,
    weight: 2,
  },
  'GET /v1/orders/{id}/documents': { ids: { 'path id': 'orders.id' }, weight: 20 },
  'GET /v1/documents/{id}': { ids: { 'path id': 'order_documents.id' }, weight: 20 },
  'GET /v1/seller/registrations': {},
  'PUT /v1/seller/registrations/{gstin}': {
    words: { 'path gstin': () => '27AAPFU0939F1ZV' },
    body: (make) => ({
      ...{ legal_name: text('Mill')(make), line1: text('Lane')(make), city: 'Pune' },
      postal_code: '411001',
    }),
    weight: 3,
  },
}
