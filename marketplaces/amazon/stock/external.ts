/** Stock of External Fulfillment: batches of ten, each change with a number that may only grow. */
import { type Context, failure, type StockChange, type StockResult } from 'robnu/plugin'
import { z } from 'zod'
import { askAmazon, type Connection } from '../client.ts'
import { acceptedOf, chunksOf, partByPart, reasonOf, rejectedOf, type Told } from './told.ts'

const path = '/externalFulfillment/inventory/2024-09-11/inventories'
const mostRequests = 10 // of one batch

/**
 * Quantities go to the first of the account's locations. The number is the present in milliseconds and
 * the change's version on top of it: it grows with both, also over a reconnection, after which versions
 * begin anew.
 */
export const pushExternal = async (
  account: Connection,
  changes: readonly StockChange[],
  ctx: Context,
): Promise<Told> => {
  const present = ctx.now().getTime()
  const sequenceOf = ({ version }: StockChange) => present + version
  return await partByPart(chunksOf(changes, mostRequests), async (batch) => {
    const answers = await askBatch(
      account,
      ctx,
      batch.map((change) => ({
        verb: 'update',
        sku: change.sku,
        body: { quantity: change.quantity, clientSequenceNumber: sequenceOf(change) },
      })),
    )
    const results = batch.flatMap((change) => {
      const answer = answers.get(change.sku)
      return answer ? resultOf(change, answer, sequenceOf(change)) : []
    })
    if (results.length === 0) throw failure('unavailable', noAnswer)
    return results
  })
}

const noAnswer = 'Amazon has taken none of the quantities, and says that it may later'

/** Nothing for what may go better later. */
const resultOf = (
  change: StockChange,
  { status: { statusCode }, body }: Answer,
  sequence: number,
): readonly StockResult[] => {
  if (statusCode >= 200 && statusCode < 300) return [acceptedOf(change)]
  if (statusCode === 429 || statusCode >= 500) return []
  // a newer number is there already: what it brought may be the same, and a repetition would not help
  const isStale = (body.clientSequenceNumber ?? 0) >= sequence
  if (isStale && body.sellableQuantity === change.quantity) return [acceptedOf(change)]
  if (isStale) return [rejectedOf(change, 'stale-sequence')]
  return [rejectedOf(change, reasonOf(body.actionableErrors?.[0]?.errorType, 'refused'))]
}

/** SKUs → what is there to sell at the location; those that it does not know are missing. */
export const readExternal = async (
  account: Connection,
  skus: readonly string[],
  ctx: Context,
): Promise<ReadonlyMap<string, number>> => {
  const levels = new Map<string, number>()
  for (const chunk of chunksOf(skus, mostRequests)) {
    const answers = await askBatch(
      account,
      ctx,
      chunk.map((sku) => ({ verb: 'fetch', sku, body: {} })),
    )
    for (const [sku, { status, body }] of answers) {
      if (status.statusCode === 200 && body.sellableQuantity != null) {
        levels.set(sku, body.sellableQuantity)
      }
    }
  }
  return levels
}

interface One {
  readonly verb: 'update' | 'fetch'
  readonly sku: string
  readonly body: object
}

/** Answers come in the order of the requests, most of them with their SKU. */
const askBatch = async (
  account: Connection,
  ctx: Context,
  batch: readonly One[],
): Promise<ReadonlyMap<string, Answer>> => {
  const [locationId] = account.details.ef_location_ids
  if (locationId === undefined) throw failure('rejected', noLocation, { code: 'no-location' })
  const { marketplace_id: marketplaceId, fulfilment_program: program } = account.details
  const channelName = program === 'SELLER_FLEX' ? 'FBA' : 'MFN'
  const { responses } = await askAmazon(account, ctx)(Answers, path, {
    method: 'POST',
    operation: 'batchInventory',
    json: {
      requests: batch.map(({ verb, sku, body }) => ({
        method: 'POST',
        uri: `/inventory/${verb}?${new URLSearchParams({ locationId, skuId: sku })}`,
        body: { ...body, marketplaceAttributes: { marketplaceId, channelName } },
      })),
    },
  })
  const skus = new Set(batch.map(({ sku }) => sku))
  const named = responses.every(({ body }) => body.skuId != null && skus.has(body.skuId))
  if (!named && responses.length !== batch.length) throw failure('bad-response', notAll)
  return new Map(responses.map((answer, at) => [
    (named ? answer.body.skuId : batch[at]?.sku) ?? '',
    answer,
  ]))
}

const noLocation =
  'Cannot send stock to Amazon: the account names no location of External Fulfillment'
const notAll = 'Amazon has answered another number of quantities than it was sent'

const whole = z.number().int()
const Answer = z.object({
  status: z.object({ statusCode: whole }),
  body: z.object({
    skuId: z.string().nullish(),
    sellableQuantity: whole.min(0).nullish(),
    clientSequenceNumber: whole.nullish(),
    actionableErrors: z.array(z.object({ errorType: z.string().nullish() })).nullish(),
  }),
})
type Answer = z.infer<typeof Answer>
const Answers = z.object({ responses: z.array(Answer).min(1) })
