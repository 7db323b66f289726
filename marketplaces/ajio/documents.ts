/** Documents that AJIO makes; it takes some minutes to. */
import { type DocumentType, failure } from 'robnu/plugin'
import { connect } from './client.ts'
import type { AjioAdapter } from './sync.ts'
import type { ShipmentPaper } from './transport.ts'

export const papers: Readonly<Partial<Record<DocumentType, ShipmentPaper>>> = {
  LABEL: 'label',
  CUSTOMER_INVOICE: 'customer-invoice',
  VENDOR_INVOICE: 'vendor-invoice',
  PACKING_SLIP: 'packing-slip',
}

export const fetchDocument: NonNullable<AjioAdapter['fetchDocument']> = async (
  account,
  { type, shipmentExternalId, manifestExternalId },
  ctx,
) => {
  const transport = connect(account, ctx)
  const paper = papers[type]
  if (paper !== undefined && shipmentExternalId !== undefined) {
    return await transport.paper(shipmentExternalId, paper)
  }
  if (type === 'MANIFEST' && manifestExternalId !== undefined) {
    return await transport.manifestPaper(manifestExternalId)
  }
  throw failure('rejected', `Cannot fetch it: AJIO makes no document of the type ${type}`)
}
