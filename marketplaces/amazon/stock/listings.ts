/** Stock on listings, one by one: Listings Items API 2021-08-01. */
import { type Context, failureOf, type StockChange, type StockResult } from 'robnu/plugin'
import { z } from 'zod'
import { askAmazon, type Connection } from '../client.ts'
import { acceptedOf, chunksOf, partByPart, reasonOf, rejectedOf, type Told } from './told.ts'

/** The seller's own stock, as against that in Amazon's warehouses. */
const channel = 'DEFAULT'
/** Good for quantities of any product: it validates no more than the offer. */
export const productType = 'PRODUCT'
const mostIdentifiers = 20 // of one question

/** `merge` leaves handling times and restock dates alone, which stand in the same attribute. */
export const patchOf = (quantity: number): readonly object[] => [{
  op: 'merge',
  path: '/attributes/fulfillment_availability',
  value: [{ fulfillment_channel_code: channel, quantity }],
}]

/** ACCEPTED means queued; an INVALID one, or one that Amazon does not know, is that SKU's alone. */
export const patchListings = async (
  account: Connection,
  changes: readonly StockChange[],
  ctx: Context,
): Promise<Told> => await partByPart(changes, async (change) => [await patch(account, change, ctx)])

const patch = async (
  account: Connection,
  change: StockChange,
  ctx: Context,
): Promise<StockResult> => {
  if (!isAddressable(change.sku)) return rejectedOf(change, 'sku-not-addressable')
  let refusal: string | undefined
  try {
    const { status, issues } = await askAmazon(account, ctx)(
      Submission,
      pathOf(account, change.sku),
      {
        method: 'PATCH',
        operation: 'patchListingsItem',
        query: { marketplaceIds: [account.details.marketplace_id] },
        json: { productType, patches: patchOf(change.quantity) },
        explain: (status, body) => {
          if (status === 400) refusal = reasonOf(codeOf(body), 'refused')
          if (status === 404) refusal = 'unknown-sku'
          return undefined
        },
      },
    )
    if (status !== 'INVALID') return acceptedOf(change)
    const issue = issues?.find(({ severity }) => severity === 'ERROR')?.code
    return rejectedOf(change, issue ? `issue-${reasonOf(issue, 'unknown')}` : 'invalid')
  } catch (error) {
    if (refusal === undefined || failureOf(error)?.kind !== 'rejected') throw error
    return rejectedOf(change, refusal)
  }
}

/** SKUs → what is there to sell; those that Amazon does not know, or sells itself, are missing. */
export const readListings = async (
  account: Connection,
  skus: readonly string[],
  ctx: Context,
): Promise<ReadonlyMap<string, number>> => {
  const ask = askAmazon(account, ctx)
  const query = {
    marketplaceIds: [account.details.marketplace_id],
    includedData: ['fulfillmentAvailability'],
  }
  const levels = new Map<string, number>()
  const note = (asked: readonly string[], { sku, fulfillmentAvailability }: Item): void => {
    const own = fulfillmentAvailability?.find((one) => one.fulfillmentChannelCode === channel)
    if (asked.includes(sku) && own?.quantity != null) levels.set(sku, own.quantity)
  }
  // the question joins them by commas: one that holds a comma is asked for by itself
  const lists = chunksOf(skus.filter((sku) => !sku.includes(',')), mostIdentifiers)
  for (const identifiers of lists) {
    const { items } = await ask(Items, basePath(account), {
      operation: 'searchListingsItems',
      query: { ...query, identifiers, identifiersType: 'SKU', pageSize: mostIdentifiers },
    })
    for (const item of items) note(identifiers, item)
  }
  for (const sku of skus.filter((one) => one.includes(',') && isAddressable(one))) {
    let isUnknown = false
    const item = await ask(Item, pathOf(account, sku), {
      operation: 'getListingsItem',
      query,
      explain: (status) => {
        isUnknown = status === 404
        return undefined
      },
    }).catch((error: unknown) => {
      if (isUnknown) return undefined
      throw error
    })
    if (item) note([sku], item)
  }
  return levels
}

const basePath = ({ details }: Connection): string =>
  `/listings/2021-08-01/items/${encodeURIComponent(details.selling_partner_id)}`
const pathOf = (account: Connection, sku: string): string =>
  `${basePath(account)}/${encodeURIComponent(sku)}`
/** A path loses these parts on its way, and would mean another thing. */
const isAddressable = (sku: string): boolean => sku !== '' && sku !== '.' && sku !== '..'

const codeOf = (body: unknown): string | undefined => {
  const parsed = Refusal.safeParse(body)
  return parsed.success ? parsed.data.errors[0]?.code : undefined
}

const Refusal = z.object({ errors: z.array(z.object({ code: z.string() })) })
const Submission = z.object({
  status: z.string(),
  issues: z.array(z.object({ code: z.string().nullish(), severity: z.string() })).nullish(),
})
const Item = z.object({
  sku: z.string(),
  fulfillmentAvailability: z.array(z.object({
    fulfillmentChannelCode: z.string(),
    quantity: z.int32().min(0).nullish(),
  })).nullish(),
})
type Item = z.infer<typeof Item>
const Items = z.object({ items: z.array(Item) })
