/** Where objects lie in the bucket. Every key holds the seller's id. */

const extensions: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf',
  'application/zip': 'zip',
  'application/gzip': 'gz',
  'text/csv': 'csv',
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

/** The folder of what belongs to lots of parcels. */
export const manifestFolder = (
  at: { readonly sellerId: string; readonly accountId: string; readonly manifestId: string },
): string => `documents/${at.sellerId}/${at.accountId}/manifests/${at.manifestId}`

/** The folder of what a marketplace gave outside of any order. */
export const accountFolder = (
  at: { readonly sellerId: string; readonly accountId: string },
  what: string,
): string => `documents/${at.sellerId}/${at.accountId}/${slug(what)}`

const slug = (text: string): string =>
  text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').slice(0, 60) || 'other'
