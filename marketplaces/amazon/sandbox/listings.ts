/** Listings Items API 2021-08-01 and its feed, as far as quantities go. */
import { hashOf, type SandboxAnswer, type SandboxRoute } from 'robnu/testing'
import { z } from 'zod'
import type { FeedHandler } from './feeds.ts'
import type { Guard } from './guard.ts'
import { listOf } from './params.ts'
import { isQuantity, type Listing, type Stock, type StockActs } from './stock.ts'
import { iso, marketplaceId, wireError } from './wire.ts'
import type { Partner, World } from './world.ts'

const host = 'sellingpartnerapi-eu.amazon.com'
const path = '/listings/2021-08-01/items/{sellerId}'
const channel = 'DEFAULT'

/** Of a patch of `fulfillment_availability`: the quantity, or the issue that it has. */
const read = (patches: readonly z.infer<typeof Patch>[]): number | Issue => {
  for (const { op, path, value } of patches) {
    if (path !== '/attributes/fulfillment_availability') {
      return issue('90000900', `The attribute at "${path}" is not supported.`)
    }
    const own = value?.find((one) => one.fulfillment_channel_code === channel)
    if ((op === 'merge' || op === 'replace') && isQuantity(own?.quantity)) return own.quantity
  }
  return issue('90004', 'The quantity must be a whole number from 0.')
}
interface Issue {
  readonly code: string
  readonly message: string
  readonly severity: 'ERROR'
}
const issue = (code: string, message: string): Issue => ({ code, message, severity: 'ERROR' })
const noSuchSku = issue('13013', 'The SKU does not exist in the catalogue of the seller.')

export const listingActs = (stock: Stock): StockActs => ({
  patchListingsItem: (world, partner, body) => {
    const parsed = Submission.safeParse(body)
    if (!parsed.success) return refused('Invalid input')
    const { sku, patches } = parsed.data
    const quantity = stock.find(partner, sku) ? read(patches) : noSuchSku
    const isRead = typeof quantity === 'number'
    if (isRead) stock.set(partner, sku, quantity)
    return {
      status: 200,
      body: {
        sku,
        status: isRead ? 'ACCEPTED' : 'INVALID',
        submissionId: submissionId(`${partner.id}/${sku}/${world.at()}`),
        issues: isRead ? [] : [{ ...quantity, categories: ['INVALID_ATTRIBUTE'] }],
      },
    }
  },
})

/** Each message by itself; the report names those that were refused. */
export const listingsFeed = (stock: Stock): FeedHandler => ({
  type: 'application/json; charset=UTF-8',
  work: ({ id, partner, text }) => {
    const { header, messages } = Feed.parse(JSON.parse(text))
    if (header.sellerId !== partner.id) throw new Error('the feed is of another seller')
    const issues = messages.flatMap(({ messageId, sku, patches }) => {
      const quantity = stock.find(partner, sku) ? read(patches) : noSuchSku
      if (typeof quantity !== 'number') return [{ messageId, sku, ...quantity }]
      stock.set(partner, sku, quantity)
      return []
    })
    return JSON.stringify({
      header: { sellerId: partner.id, version: '2.0', feedId: id },
      issues,
      summary: {
        errors: issues.length,
        warnings: 0,
        messagesProcessed: messages.length,
        messagesAccepted: messages.length - issues.length,
        messagesInvalid: issues.length,
      },
    })
  },
})

export const listingRoutes = (
  { stock, world, guard }: { readonly stock: Stock; readonly world: World; readonly guard: Guard },
): SandboxRoute[] => {
  const asked = (
    query: URLSearchParams,
    partner: Partner,
    sellerId: string | undefined,
    answer: () => SandboxAnswer,
  ): SandboxAnswer => {
    if (sellerId !== partner.id) {
      return wireError(403, 'Unauthorized', 'Access to requested resource is denied.')
    }
    return listOf(query, 'marketplaceIds').includes(marketplaceId)
      ? answer()
      : refused('Invalid marketplaceIds')
  }
  return [
    {
      ...{ method: 'PATCH', path: `${path}/{sku}`, host, operation: 'patchListingsItem' },
      handle: guard(
        'patchListingsItem',
        ({ params, url, body }, partner) =>
          asked(url.searchParams, partner, params.sellerId, () => {
            const json = jsonOf(body)
            if (!json) return refused('Invalid input')
            const { sku } = params
            return world.run('patchListingsItem', partner.id, { ...json, sku }) as SandboxAnswer
          }),
      ),
    },
    {
      ...{ method: 'GET', path: `${path}/{sku}`, host, operation: 'getListingsItem' },
      handle: guard(
        'getListingsItem',
        ({ params: { sellerId, sku = '' }, url }, partner) =>
          asked(url.searchParams, partner, sellerId, () => {
            const listing = stock.find(partner, sku)
            if (!listing) return unknownSku(sku)
            const body = wireListing(stock, world, partner, listing, url.searchParams)
            return { status: 200, body }
          }),
      ),
    },
    {
      ...{ method: 'GET', path, host, operation: 'searchListingsItems' },
      handle: guard(
        'searchListingsItems',
        ({ params, url: { searchParams } }, partner) =>
          asked(searchParams, partner, params.sellerId, () => {
            const skus = listOf(searchParams, 'identifiers')
            const size = Number(searchParams.get('pageSize') ?? 10)
            const isKnown = searchParams.get('identifiersType') === 'SKU' && skus.length > 0
            if (!isKnown || skus.length > 20 || !(size >= 1 && size <= 20)) {
              return refused('Here the search is by 1 to 20 identifiers of the type SKU')
            }
            const found = [...new Set(skus)].flatMap((sku) => stock.find(partner, sku) ?? [])
            const items = found.slice(0, size).map((one) =>
              wireListing(stock, world, partner, one, searchParams)
            )
            return { status: 200, body: { numberOfResults: found.length, items } }
          }),
      ),
    },
  ]
}

const wireListing = (
  stock: Stock,
  world: World,
  partner: Partner,
  { sku, asin, title }: Listing,
  query: URLSearchParams,
): object => {
  const parts = listOf(query, 'includedData')
  const quantity = stock.quantityOf(partner, sku)
  const summary = {
    marketplaceId,
    ...(asin ? { asin } : {}),
    productType: 'APPAREL',
    conditionType: 'new_new',
    status: quantity > 0 ? ['BUYABLE', 'DISCOVERABLE'] : ['DISCOVERABLE'],
    itemName: title,
    createdDate: iso(world.start),
    lastUpdatedDate: iso(world.at()),
  }
  return {
    sku,
    ...(parts.length === 0 || parts.includes('summaries') ? { summaries: [summary] } : {}),
    ...(parts.includes('fulfillmentAvailability')
      ? { fulfillmentAvailability: [{ fulfillmentChannelCode: channel, quantity }] }
      : {}),
  }
}

const submissionId = (key: string): string =>
  [1, 2, 3].map((part) => hashOf(part, key).toString(16).padStart(14, '0').slice(0, 11)).join('')

const jsonOf = (body: string): object | undefined => {
  try {
    const json: unknown = JSON.parse(body)
    return json instanceof Object ? json : undefined
  } catch {
    return undefined
  }
}

const Patch = z.object({
  op: z.enum(['add', 'replace', 'merge', 'delete']),
  path: z.string(),
  value: z.array(z.record(z.string(), z.unknown())).optional(),
})
const Submission = z.object({
  sku: z.string(),
  productType: z.string().min(1),
  patches: z.array(Patch).min(1),
})
const Feed = z.object({
  header: z.object({ sellerId: z.string(), version: z.literal('2.0') }),
  messages: z.array(z.object({
    messageId: z.int32().min(1),
    sku: z.string().min(1),
    operationType: z.literal('PATCH'),
    productType: z.string().min(1),
    patches: z.array(Patch).min(1),
  })).min(1).max(25_000),
})

const refused = (message: string): SandboxAnswer => wireError(400, 'BAD_REQUEST', message)
const unknownSku = (sku: string): SandboxAnswer =>
  wireError(404, 'NOT_FOUND', `SKU '${sku}' not found in marketplace ${marketplaceId}`)
