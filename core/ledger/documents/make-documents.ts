/** Papers of one step: made of the record, or taken over from the marketplace, and put into storage. */
import type { Keyring } from '../../crypto/keyring.ts'
import type { OpeningPurpose } from '../../crypto/purposes.ts'
import type { Database } from '../../db/database.ts'
import { type DocumentType, failure, type StepResult } from '../../plugin.ts'
import { manifestFolder, orderFolder } from '../../storage/keys.ts'
import type { Files } from '../../storage/files.ts'
import { findObject, type StoredObject } from '../../storage/rows.ts'
import type { StepPlace } from '../processing/apply-step.ts'
import { manifestIdOf } from '../store-manifests.ts'
import { loadManifest, loadRecord } from './load-record.ts'
import { customerInvoice, label, manifestList, packingSlip, vendorInvoice } from './papers.ts'
import { quantitiesIn, textOfPdf } from './read-paper.ts'
import { type OrderRecord, quantitiesOf } from './record.ts'
import type { MadeDocument } from './store-documents.ts'

export interface PaperDeps {
  readonly db: Database
  readonly keyring: Keyring
  readonly files: Pick<Files, 'put' | 'get'>
}

type OrderPaper = Exclude<DocumentType, 'MANIFEST' | 'POB'>
const papers: Readonly<Record<OrderPaper, (record: OrderRecord) => Promise<Uint8Array>>> = {
  PACKING_SLIP: packingSlip,
  VENDOR_INVOICE: vendorInvoice,
  CUSTOMER_INVOICE: customerInvoice,
  LABEL: label,
}
/** Why the buyer's fields are opened for a paper of ours; null: it shows none of them. */
const purposes: Readonly<Record<OrderPaper, OpeningPurpose | null>> = {
  PACKING_SLIP: 'documents.packing-slip',
  VENDOR_INVOICE: null,
  CUSTOMER_INVOICE: 'documents.customer-invoice',
  LABEL: 'documents.label',
}
/** Papers that show the buyer. */
export const showsBuyer: readonly DocumentType[] = [
  'PACKING_SLIP',
  'CUSTOMER_INVOICE',
  'LABEL',
  'POB',
]
const slugOf = (type: DocumentType): string => type.toLowerCase().replaceAll('_', '-')
/** A label has a page; an invoice of a thousand lines has not that many bytes. */
const maxBytes = 16 * 1024 * 1024

/** Nothing refers to what is made here until `storeDocuments`. */
export const makeDocuments = async (
  deps: PaperDeps,
  place: StepPlace,
  { order, render = [], documents = [], shipment, manifest }: StepResult,
): Promise<readonly MadeDocument[]> => {
  const made: MadeDocument[] = []
  for (const type of render) {
    if (type === 'POB') throw failure('bad-response', "A proof of booking is the courier's own")
    if (type === 'MANIFEST') made.push(await renderManifest(deps, place, manifest))
    else if (order === null) throw failure('bad-response', 'A paper of an order has no order')
    else made.push(await renderOrder(deps, place, order, type, shipment))
  }
  for (const { type, download } of documents) {
    made.push(await takeOver(deps, place, { order, type, manifest, key: download.storageKey }))
  }
  return made
}

const renderOrder = async (
  { db, keyring, files }: PaperDeps,
  { work, batch, marketplaceName }: StepPlace,
  orderId: string,
  type: OrderPaper,
  shipment: StepResult['shipment'],
): Promise<MadeDocument> => {
  const { entry, accountId } = work
  const keys = await keyring.forSeller(entry)
  const record = await db.withSellerScope(entry, (scope) =>
    loadRecord(scope, keys, {
      ...{ accountId, batchId: batch.id, orderId, marketplaceName, purpose: purposes[type] },
      ...shipment ? { shipment } : {},
    }))
  const object = await files.put(entry, {
    folder: orderFolder({ sellerId: entry.sellerId, accountId, orderId }, slugOf(type)),
    ...{ mime: 'application/pdf', maxBytes, body: once(await papers[type](record)) },
  })
  return {
    ...{ type, orderId, manifestId: null, source: 'RENDERED', objectId: object.id },
    quantities: quantitiesOf(record),
  }
}

const renderManifest = async (
  { db, files }: PaperDeps,
  { work, marketplaceName, gstin }: StepPlace,
  row: StepResult['manifest'],
): Promise<MadeDocument> => {
  if (!row) throw failure('bad-response', 'A paper of a manifest has no manifest')
  const { entry, accountId } = work
  const record = await db.withSellerScope(
    entry,
    (scope) => loadManifest(scope, { accountId, marketplaceName, gstin, row }),
  )
  const manifestId = manifestIdOf(entry.sellerId, accountId, row.externalId)
  const object = await files.put(entry, {
    folder: manifestFolder({ sellerId: entry.sellerId, accountId, manifestId }),
    ...{ mime: 'application/pdf', maxBytes, body: once(await manifestList(record)) },
  })
  return {
    ...{ type: 'MANIFEST', orderId: null, manifestId, source: 'RENDERED', objectId: object.id },
    quantities: null,
  }
}

/** A document that the adapter has fetched, with what it says of quantities. */
const takeOver = async (
  deps: PaperDeps,
  { work, batch }: StepPlace,
  { order, type, manifest, key }: {
    readonly order: string | null
    readonly type: DocumentType
    readonly manifest: StepResult['manifest']
    readonly key: string
  },
): Promise<MadeDocument> => {
  const { entry, accountId } = work
  const object = await deps.db.withSellerScope(
    entry,
    (scope) => findObject(scope, { storageKey: key }),
  )
  if (!object) throw failure('bad-response', 'The plugin names a document that it has not fetched')
  const found = batch.orders.find(({ id }) => id === order)
  const manifestId = manifest && order === null
    ? manifestIdOf(entry.sellerId, accountId, manifest.externalId)
    : null
  if (!found && manifestId === null) {
    throw failure('bad-response', 'The plugin gave a document of no order and no manifest')
  }
  const text = found ? await readText(deps, object) : null
  return {
    ...{ type, orderId: found?.id ?? null, manifestId, source: 'MARKETPLACE', objectId: object.id },
    quantities: found && text !== null ? quantitiesIn(text, found.lines) : null,
    // an order's number stands on every paper of it, in one form or another
    ...found && text !== null && text.trim() !== ''
      ? { namesOrder: text.replaceAll(/\s/g, '').includes(found.externalId.replaceAll(/\s/g, '')) }
      : {},
  }
}

/** Papers of parcels are small; what is larger is kept and not read. */
const mostToRead = 4 * 1024 * 1024

const readText = async ({ files }: PaperDeps, object: StoredObject): Promise<string | null> => {
  if (object.mime !== 'application/pdf' || object.byteSize > mostToRead) return null
  const whole = new Uint8Array(object.byteSize)
  let at = 0
  for await (const chunk of files.get(object)) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return await textOfPdf(whole)
}

const once = async function* (bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield await Promise.resolve(bytes)
}
