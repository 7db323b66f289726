/** Documents that Flipkart makes, and whose they are. */
import { failure } from 'robnu/plugin'
import { connect } from './client.ts'
import type { FlipkartAdapter } from './sync.ts'
import type { VendorGroup } from './transport.ts'

export const fetchDocument: NonNullable<FlipkartAdapter['fetchDocument']> = async (
  account,
  { type, shipmentExternalId, manifestExternalId },
  ctx,
) => {
  const transport = connect(account, ctx)
  const [shipmentId] = shipmentExternalId?.split('/') ?? []
  if (type === 'LABEL' && shipmentId) return await transport.labels([shipmentId])
  if (type === 'CUSTOMER_INVOICE' && shipmentId) return await transport.invoices([shipmentId])
  const group = manifestExternalId === undefined ? undefined : groupOf(manifestExternalId)
  if (type === 'MANIFEST' && group) return await transport.manifest(group, null)
  throw failure('rejected', `Cannot fetch it: Flipkart makes no document of the type ${type}`)
}

/**
 * Flipkart gives its manifests no number: one is what a courier takes over at a location. The batch
 * that packed it keeps those of two days apart.
 */
export const manifestId = ({ locationId, vendor, isMps }: VendorGroup, batchId: string): string =>
  [locationId, encodeURIComponent(vendor), isMps ? 'mps' : 'single', batchId].join('/')

export const groupOf = (id: string): VendorGroup | undefined => {
  const [, locationId, vendor, kind] = /^([\w.-]+)\/([^/\s]+)\/(mps|single)\/[^/]+$/.exec(id) ?? []
  if (!locationId || !vendor) return undefined
  try {
    return { locationId, vendor: decodeURIComponent(vendor), isMps: kind === 'mps' }
  } catch {
    return undefined
  }
}
