/** Where objects lie in the bucket. Every key holds the seller's id. */

/** Files of plugins lie in rooms of their own, beside these. */
export const rooms: readonly string[] = ['documents', 'raw-payloads', 'exports', 'ai-extractions']

const extensions: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf',
  'application/zip': 'zip',
  'application/gzip': 'gz',
  'text/csv': 'csv',
  'application/x-ndjson': 'jsonl',
  'text/plain': 'txt',
  'text/tab-separated-values': 'tsv',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'image/png': 'png',
  'image/jpeg': 'jpg',
}

/** `pdf` for application/pdf; `bin` for what is not known. */
export const extensionOf = (mime: string): string => extensions[mime] ?? 'bin'

/** The folder of what belongs to an order: `type` is a word such as `packing-slip`. */
export const orderFolder = (
  at: { readonly sellerId: string; readonly accountId: string; readonly orderId: string },
  type: string,
): string => `documents/${at.sellerId}/${at.accountId}/orders/${at.orderId}/${slug(type)}`

/** The folder of what belongs to one parcel. */
export const shipmentFolder = (
  at: { readonly sellerId: string; readonly accountId: string; readonly shipmentId: string },
): string => `documents/${at.sellerId}/${at.accountId}/shipments/${at.shipmentId}`

/** The folder of what belongs to lots of parcels. */
export const manifestFolder = (
  at: { readonly sellerId: string; readonly accountId: string; readonly manifestId: string },
): string => `documents/${at.sellerId}/${at.accountId}/manifests/${at.manifestId}`

/** The folder of what a marketplace gave outside of any order. */
export const accountFolder = (
  at: { readonly sellerId: string; readonly accountId: string },
  what: string,
): string => `documents/${at.sellerId}/${at.accountId}/${slug(what)}`

/** An export that is one file; `date` is a business day such as 2026-01-31. */
export const exportKey = (
  at: { readonly sellerId: string; readonly date: string; readonly exportId: string },
  extension = 'csv',
): string => `${exportFolder(at)}.${extension}`

/** The folder of an export of many files. */
export const exportFolder = (
  at: { readonly sellerId: string; readonly date: string; readonly exportId: string },
): string => `exports/${at.sellerId}/${at.date}/${at.exportId}`

/** A paper that something was read out of. */
export const extractionKey = (
  at: { readonly sellerId: string; readonly extractionId: string },
): string => `ai-extractions/${at.sellerId}/${at.extractionId}/source.pdf`

export interface RawHour {
  readonly sellerId: string
  readonly marketplaceCode: string
  /** Its beginning. */
  readonly hour: Date
}

/** What marketplaces answered in an hour of UTC; `number` above 1: what came when the first was made. */
export const rawPayloadKey = (at: RawHour, number: number): string =>
  `${rawFolder(at)}${number === 1 ? '' : `-${number}`}.jsonl.gz`

/** A part of it, until the hour is over. */
export const rawPartKey = (at: RawHour, partId: string): string =>
  `${rawFolder(at)}/${partId}.jsonl.gz`

/** A key as folder and name, for who stores it. */
export const placeOf = (key: string): { readonly folder: string; readonly name: string } => {
  const at = key.lastIndexOf('/')
  return { folder: key.slice(0, at), name: key.slice(at + 1) }
}

const rawFolder = ({ sellerId, marketplaceCode, hour }: RawHour): string => {
  const [date = '', time = ''] = hour.toISOString().split('T')
  return `raw-payloads/${sellerId}/${marketplaceCode}/${date}/${time.slice(0, 2)}`
}

const slug = (text: string): string =>
  text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').slice(0, 60) || 'other'
