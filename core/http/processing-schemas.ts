/** Shapes of processing, manifests and documents, for the documentation and for the compiler. */
import { z } from '@hono/zod-openapi'
import { documentTypes } from '../plugin.ts'
import { exampleIds, Id, Time, TimeOrNull } from './schemas.ts'

const Count = z.int().min(0)
export const Closure = z.enum(['IMMEDIATE', 'DELAYED', 'MANUAL']).openapi('ClosurePolicy', {
  description:
    'IMMEDIATE: closed with the batch. DELAYED: shortly before the cut-off. MANUAL: by hand',
})

export const Batch = z.object({
  id: Id,
  marketplace_account_id: Id,
  run_id: Id,
  state: z.enum(['QUEUED', 'RUNNING', 'DONE', 'FAILED']),
  closure: Closure,
  orders: z.object({ total: Count, open: Count, done: Count, held: Count, stopped: Count }),
  stages: z.array(
    z.object({ step: z.string(), started: Count, done: Count, held: Count, failed: Count }),
  ).readonly().openapi({ description: 'In the order in which they began; counts of orders' }),
  documents: z.record(z.string(), Count).readonly().openapi({ description: 'How many, by type' }),
  failure: z.object({ code: z.string(), message: z.string() }).nullable(),
  created_at: Time,
  started_at: TimeOrNull,
  finished_at: TimeOrNull,
}).openapi('ProcessingBatch')

export const BatchLine = z.object({
  order_id: Id,
  external_order_id: z.string(),
  external_item_id: z.string(),
  sku: z.string().nullable(),
  quantity: Count.openapi({ description: 'Ordered and not cancelled' }),
  confirmed_quantity: Count,
  short_reason: z.string().nullable().openapi({
    description: 'Why less is confirmed: `short-stock`, `asked`, `confirmed-before`',
  }),
  state: z.enum(['OPEN', 'DONE', 'HELD', 'STOPPED']).openapi({ description: 'Of the order' }),
  step: z.string().nullable(),
  code: z.string().nullable(),
  message: z.string().nullable(),
}).openapi('ProcessingLine')

const manifest = {
  id: Id,
  marketplace_account_id: Id,
  external_manifest_id: z.string(),
  state: z.enum(['OPEN', 'CLOSED']),
  closure: Closure,
  close_at: TimeOrNull,
  dispatch_date: z.string().nullable().openapi({
    description: 'The business day (Asia/Kolkata) that the marketplace counts',
  }),
  shipment_count: Count,
  created_at: Time,
  updated_at: Time,
  closed_at: TimeOrNull,
}
export const Manifest = z.object(manifest).openapi('Manifest')
export const ManifestDetail = z.object({
  ...manifest,
  shipments: z.array(z.object({
    id: Id,
    order_id: Id,
    external_order_id: z.string(),
    external_shipment_id: z.string(),
    status: z.string(),
    awb: z.string().nullable(),
    carrier: z.string().nullable(),
  })).readonly(),
  documents: z.array(z.object({ id: Id, type: z.string() })).readonly(),
}).openapi('ManifestDetail')

const document = {
  id: Id,
  marketplace_account_id: Id,
  order_id: Id.nullable().openapi({ type: ['string', 'null'], format: 'uuid' }),
  shipment_id: Id.nullable().openapi({ type: ['string', 'null'], format: 'uuid' }),
  manifest_id: Id.nullable().openapi({ type: ['string', 'null'], format: 'uuid' }),
  type: z.enum(documentTypes).openapi('DocumentType'),
  source: z.enum(['RENDERED', 'MARKETPLACE']),
  mime: z.string(),
  byte_size: Count,
  sha256: z.string().openapi({ description: 'Hexadecimal' }),
  created_at: Time,
}
export const Document = z.object(document).openapi('Document')
export const DocumentLink = z.object({
  ...document,
  url: z.string().openapi({ description: 'Needs no sign-in and works for five minutes' }),
  url_expires_at: Time,
}).openapi('DocumentLink')

export const Registration = z.object({
  gstin: z.string(),
  legal_name: z.string(),
  trade_name: z.string().nullable(),
  line1: z.string(),
  line2: z.string().nullable(),
  city: z.string(),
  postal_code: z.string(),
  state_code: z.string(),
  updated_at: Time,
}).openapi('Registration')

const at = '2026-01-31T10:15:00.000Z'
const ids = {
  batch: '01998f72-1c2d-7e3f-8a4b-5c6d7e8f9a0b',
  manifest: '3c8fad21-5e4c-8f32-9c7b-1d0e9f8a7b6c',
  shipment: '4d9fbe32-6f5d-8a43-8d8c-2e1f0a9b8c7d',
  document: '01998f73-2d3e-7f4a-9b5c-6d7e8f9a0b1c',
}
export const batchExample = {
  id: ids.batch,
  marketplace_account_id: exampleIds.account,
  run_id: exampleIds.run,
  state: 'RUNNING',
  closure: 'IMMEDIATE',
  orders: { total: 25, open: 24, done: 0, held: 1, stopped: 0 },
  stages: [{ step: 'validate', started: 0, done: 24, held: 1, failed: 0 }],
  documents: { PACKING_SLIP: 12 },
  failure: null,
  created_at: at,
  started_at: at,
  finished_at: null,
}
export const batchLineExample = {
  order_id: exampleIds.order,
  external_order_id: 'S-1001',
  external_item_id: 'S-1001-1',
  sku: 'KURTA-M-BLUE',
  quantity: 2,
  confirmed_quantity: 1,
  short_reason: 'short-stock',
  state: 'OPEN',
  step: 'validate',
  code: null,
  message: null,
}
export const manifestExample = {
  id: ids.manifest,
  marketplace_account_id: exampleIds.account,
  external_manifest_id: 'MF-17',
  state: 'CLOSED',
  closure: 'IMMEDIATE',
  close_at: null,
  dispatch_date: '2026-01-31',
  shipment_count: 1,
  created_at: at,
  updated_at: at,
  closed_at: at,
}
export const manifestDetailExample = {
  ...manifestExample,
  shipments: [{
    id: ids.shipment,
    order_id: exampleIds.order,
    external_order_id: 'S-1001',
    external_shipment_id: 'SH-1',
    status: 'MANIFESTED',
    awb: '1490812345678',
    carrier: 'DELHIVERY',
  }],
  documents: [{ id: ids.document, type: 'MANIFEST' }],
}
export const documentExample = {
  id: ids.document,
  marketplace_account_id: exampleIds.account,
  order_id: exampleIds.order,
  shipment_id: ids.shipment,
  manifest_id: null,
  type: 'PACKING_SLIP',
  source: 'RENDERED',
  mime: 'application/pdf',
  byte_size: 4_407,
  sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  created_at: at,
}
export const documentLinkExample = {
  ...documentExample,
  url: 'as the storage signs it',
  url_expires_at: at,
}
export const registrationExample = {
  gstin: '27AAPFU0939F1ZV',
  legal_name: 'Asha Textiles Private Limited',
  trade_name: null,
  line1: 'Plot 14, MIDC',
  line2: null,
  city: 'Pune',
  postal_code: '411026',
  state_code: '27',
  updated_at: at,
}
