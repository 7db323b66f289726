/** Returns, listings and reports. */
import type { SandboxAnswer, SandboxRoute } from 'robnu/testing'
import { z } from 'zod'
import {
  type ApiOptions,
  createGuard,
  idsOf,
  isRefusal,
  jsonOf,
  malformed,
  onBothHosts,
} from './api.ts'
import type { Return, Seller } from './model.ts'
import { answerFile, wireReport } from './reports.ts'
import { notFound, ok, refused } from './wire.ts'

const pageSize = 25

export const otherRoutes = (options: ApiOptions): readonly SandboxRoute[] => {
  const { world, tokens, faults, run } = options
  const guard = createGuard(options)
  const write = (path: string, operation: string, bucket: string, more: object = {}) =>
    guard('POST', path, operation, bucket, (seller, { body }) => {
      const json = jsonOf(body)
      return json ? run(operation, seller.id, { ...json, ...more }) as SandboxAnswer : malformed()
    })
  const returns = (seller: Seller, ask: ReturnsAsk, after?: readonly [number, string]) => {
    const { rows, hasMore } = listReturns(seller, ask, world.at() - faults.lagMs(), after)
    const last = rows.at(-1)
    const next = hasMore && last ? tokens.make(seller, ask, last.place, world.at()) : undefined
    return ok({
      hasMore,
      nextUrl: next === undefined ? null : `/v2/returns?next_token=${encodeURIComponent(next)}`,
      returnItems: faults.pushed('returns', rows.map(({ view }) => view())),
    })
  }
  return [
    ...guard('GET', '/sellers/v2/returns', 'returns', 'returns', (seller, { url }) => {
      const token = url.searchParams.get('next_token')
      if (token !== null) {
        const found = tokens.read(seller, token, world.at())
        if (!found) {
          return refused(400, 'INVALID_PAGE_TOKEN', 'The page token is dead', 'next_token')
        }
        return returns(seller, ReturnsAsk.parse(found.ask), found.place)
      }
      const asked = ReturnsAsk.safeParse(Object.fromEntries(url.searchParams))
      if (!asked.success) return malformed(z.prettifyError(asked.error))
      for (const text of [asked.data.returnIds, asked.data.trackingIds]) {
        const ids = text === undefined ? [] : idsOf(text, pageSize)
        if (isRefusal(ids)) return ids
      }
      return returns(seller, asked.data)
    }),
    ...['approve', 'reject', 'pickup', 'pickupAttempt', 'complete', 'cancel'].flatMap((verb) =>
      write(`/sellers/v2/returns/${verb}`, 'returnVerb', 'returns', { verb })
    ),
    ...write('/sellers/listings/v3/update/inventory', 'inventory', 'listings'),
    ...write('/sellers/listings/v3/update/price', 'price', 'listings'),
    ...guard('POST', '/sellers/listings/v3/search', 'search', 'listings', (seller, { body }) => {
      const asked = Search.safeParse(jsonOf(body))
      if (!asked.success) return malformed(z.prettifyError(asked.error))
      const from = Number(asked.data.page_id ?? 0)
      const rows = seller.products.slice(from, from + 500)
      const hasMore = from + rows.length < seller.products.length
      return ok({
        has_more: hasMore,
        next_page_id: hasMore ? String(from + rows.length) : null,
        listings: rows.map(({ sku, fsn, listingId }) => ({
          ...{ sku_id: sku, product_id: fsn, listing_id: listingId, listing_status: 'ACTIVE' },
        })),
      })
    }),
    ...guard('GET', '/sellers/listings/v3/{skus}', 'listings', 'listings', (seller, { params }) => {
      const skus = idsOf(params['skus'] ?? '', 10)
      return isRefusal(skus) ? skus : ok(listingsOf(seller, skus))
    }),
    ...guard('POST', '/reports/{type}', 'report', 'reports', (seller, { body, params }) => {
      const json = jsonOf(body)
      if (!json) return malformed()
      return run('report', seller.id, { ...json, type: params['type'] }) as SandboxAnswer
    }),
    ...guard('GET', '/reports/{id}/detail', 'reportDetail', 'reports', (seller, { params }) => {
      const report = seller.reportsMade.get(params['id'] ?? '')
      return report ? ok(wireReport(world, seller, report)) : notFound('There is no such report')
    }),
    // a signed address: it needs no token
    ...onBothHosts({
      ...{ method: 'GET', path: '/reports/files/{mark}/{id}', operation: 'reportFile' },
      handle: ({ params, url }) => {
        world.catchUp(options.now())
        return answerFile(world, params['mark'] ?? '', params['id'] ?? '', url)
      },
    }),
  ]
}

const instant = z.iso.datetime({ offset: true }).optional()
const ReturnsAsk = z.object({
  source: z.enum(['customer_return', 'courier_return']),
  modifiedAfter: instant,
  modifiedBefore: instant,
  createdAfter: instant,
  createdBefore: instant,
  locationId: z.string().optional(),
  returnIds: z.string().optional(),
  trackingIds: z.string().optional(),
})
type ReturnsAsk = z.infer<typeof ReturnsAsk>
const Search = z.object({
  filters: z.object({ lisitng_status: z.string().optional() }).optional(),
  page_id: z.string().regex(/^\d+$/).optional(),
})

/** The oldest change first, from behind the last row of the page before. */
const listReturns = (
  seller: Seller,
  ask: ReturnsAsk,
  seenAt: number,
  after: readonly [number, string] | undefined,
) => {
  const isAsked = (ids: string | undefined, id: string | undefined) =>
    ids === undefined || (id !== undefined && ids.split(',').includes(id))
  const between = (at: number, from: string | undefined, to: string | undefined) =>
    (from === undefined || at >= Date.parse(from)) && (to === undefined || at <= Date.parse(to))
  const fits = (one: Return) =>
    one.source === ask.source && isAsked(ask.returnIds, one.id) &&
    isAsked(ask.trackingIds, one.trackingId) &&
    (ask.locationId ?? one.shipment.location) === one.shipment.location &&
    between(one.createdAt, ask.createdAfter, ask.createdBefore)
  const found = [...seller.returns.values()].filter(fits).flatMap((one) => {
    const face = seller.views.returns.seen(one, seenAt)
    if (!face || !between(face.updatedAt, ask.modifiedAfter, ask.modifiedBefore)) return []
    const place = [face.updatedAt, one.id] as const
    return after && order(place, after) <= 0 ? [] : [{ place, view: face.view }]
  }).sort((a, b) => order(a.place, b.place))
  const rows = found.slice(0, pageSize)
  return { rows, hasMore: found.length > rows.length }
}

const order = (a: readonly [number, string], b: readonly [number, string]): number =>
  a[0] - b[0] || (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0)

const listingsOf = (seller: Seller, skus: readonly string[]): object => {
  const known = seller.products.filter(({ sku }) => skus.includes(sku))
  const unknown = skus.filter((sku) => known.every((one) => one.sku !== sku))
  return {
    available: Object.fromEntries(known.map(({ sku, fsn, listingId, mrpPaise }) => [sku, {
      product_id: fsn,
      listing_id: listingId,
      listing_status: 'ACTIVE',
      price: {
        mrp: mrpPaise / 100,
        selling_price: (seller.prices.get(sku) ?? 0) / 100,
        currency: 'INR',
      },
      locations: [
        { id: seller.location, inventory: seller.stock.get(sku) ?? 0, status: 'ENABLED' },
      ],
    }])),
    unavailable: unknown,
    invalid: {},
  }
}
