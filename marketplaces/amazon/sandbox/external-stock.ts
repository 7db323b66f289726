/** External Fulfillment Inventory API 2024-09-11: batches of ten, each request answered by itself. */
import type { SandboxAnswer, SandboxRoute } from 'robnu/testing'
import { z } from 'zod'
import type { Guard } from './guard.ts'
import { efLocation, isQuantity, type Stock, type StockActs } from './stock.ts'
import { wireError } from './wire.ts'
import type { Partner, World } from './world.ts'

const operation = 'batchInventory'

export const externalStockActs = (stock: Stock): StockActs => ({
  [operation]: (_world, partner, body) => {
    const parsed = Batch.safeParse(body)
    if (!parsed.success) return wireError(400, 'InvalidInput', 'Invalid input provided.')
    const responses = parsed.data.requests.map((one) => answer(stock, partner, one))
    return { status: 207, body: { responses } }
  },
})

export const externalStockRoutes = (
  { world, guard }: { readonly world: World; readonly guard: Guard },
): SandboxRoute[] => [{
  method: 'POST',
  path: '/externalFulfillment/inventory/2024-09-11/inventories',
  host: 'sellingpartnerapi-eu.amazon.com',
  operation,
  handle: guard(operation, ({ body }, partner) => {
    const json = jsonOf(body)
    return world.run(operation, partner.id, json) as SandboxAnswer
  }),
}]

const answer = (
  stock: Stock,
  partner: Partner,
  { uri, body = {} }: z.infer<typeof One>,
): object => {
  const url = new URL(uri.replace(/^\/?/, '/'), 'http://x.invalid')
  const skuId = url.searchParams.get('skuId') ?? ''
  const locationId = url.searchParams.get('locationId') ?? ''
  const told = (statusCode: number, reasonPhrase: string, more: object) => ({
    status: { statusCode, reasonPhrase },
    body: { skuId, locationId, ...more },
  })
  const wrong = (errorType: string, errorSubType: string) =>
    told(400, 'Invalid Input', { actionableErrors: [{ errorType, errorSubType }] })
  if (locationId !== efLocation) {
    return wrong('INVALID_LOCATION', 'The location does not belong to the seller.')
  }
  if (!stock.find(partner, skuId)) {
    return wrong(
      'INVALID_SKU',
      'The requested Sku does not exist for the seller in requested marketplace.',
    )
  }
  const key = `${partner.id}/${locationId}/${skuId}`
  const { quantity, clientSequenceNumber: number, marketplaceAttributes } = body
  const level = (sequence = stock.sequences.get(key)) => ({
    sellableQuantity: stock.quantityOf(partner, skuId),
    reservedQuantity: 0,
    ...(sequence === undefined ? {} : { clientSequenceNumber: sequence }),
    ...(marketplaceAttributes ? { marketplaceAttributes } : {}),
    actionableErrors: [],
  })
  if (url.pathname === '/inventory/fetch') return told(200, 'Success', level())
  if (url.pathname !== '/inventory/update') return told(404, 'Not Found', {})
  if (!isQuantity(quantity) || number === undefined) {
    return wrong('INVALID_QUANTITY', 'Quantity and client sequence number must be whole numbers.')
  }
  const last = stock.sequences.get(key)
  if (last !== undefined && number < last) {
    return told(409, 'Conflict', {
      ...level(),
      actionableErrors: [{
        errorType: 'STALE_SEQUENCE_NUMBER',
        errorSubType: 'A later sequence number was received before.',
      }],
    })
  }
  stock.sequences.set(key, number)
  stock.set(partner, skuId, quantity)
  return told(200, 'Success', level())
}

const jsonOf = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}

const One = z.object({
  method: z.literal('POST'),
  uri: z.string(),
  body: z.object({
    quantity: z.number().optional(),
    clientSequenceNumber: z.number().int().optional(),
    marketplaceAttributes: z.object({
      marketplaceId: z.string().optional(),
      channelName: z.enum(['FBA', 'MFN', 'DF']).optional(),
    }).optional(),
  }).optional(),
})
const Batch = z.object({ requests: z.array(One).min(1).max(10) })
