/** Papers that Amazon prints again, for a parcel of External Fulfillment. */
import { type Adapter, failure } from 'robnu/plugin'
import { explainDocument } from './client.ts'
import { externalApi } from './processing/external-api.ts'
import { readOrder } from './processing/orders.ts'
import type { Credentials, Cursor, Details } from './schemas.ts'

/**
 * Labels alone. Those of Easy Ship take a feed and some minutes, and only a batch remembers what it has
 * asked for: start the order again.
 */
export const fetchDocument: NonNullable<
  Adapter<Details, Credentials, Cursor>['fetchDocument']
> = async (account, { type, shipmentExternalId }, ctx) => {
  const [orderId] = (shipmentExternalId ?? '').split('/')
  const isLabel = type === 'LABEL' && account.details.ef_enabled && orderId
  const order = isLabel ? await readOrder(account, ctx, orderId) : undefined
  const shipmentId = order?.fulfillmentOrders?.[0]?.fulfillmentOrderId
  if (!shipmentId) throw failure('rejected', notHere, { code: 'document-not-here' })
  const api = externalApi(account, ctx)
  const packageId = (await api.read(shipmentId))?.packages?.[0]?.id
  const label = packageId === undefined
    ? undefined
    : await api.label(shipmentId, packageId, { again: true })
  const url = label && 'value' in label ? label.value.fileData?.url : undefined
  if (url === undefined) throw failure('rejected', notThere, { code: 'not-found' })
  return await ctx.download(url, { explain: explainDocument })
}

const notHere =
  'Cannot fetch the document: Amazon prints again only labels of External Fulfillment, start the ' +
  'order again or print it in Seller Central'
const notThere = 'Cannot fetch the label: Amazon has none for the parcel'
