/** Lists cut into pages: a page begins behind the last row of the one before, so nothing is lost. */
import { hashOf } from 'robnu/testing'
import { z } from 'zod'
import type { Seller, Shipment } from './model.ts'

const Range = z.object({
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
}).optional()
const Texts = z.array(z.string()).optional()
const types = {
  preDispatch: ['APPROVED', 'PACKING_IN_PROGRESS', 'FORM_FAILED', 'PACKED', 'READY_TO_DISPATCH'],
  postDispatch: ['PICKUP_COMPLETE', 'SHIPPED', 'DELIVERED'],
  cancelled: ['CANCELLED'],
} as const
const fields = ['modifiedDate', 'orderDate', 'dispatchByDate', 'dispatchAfterDate'] as const

export const FilterAsk = z.object({
  filter: z.object({
    type: z.enum(['preDispatch', 'postDispatch', 'cancelled']),
    states: Texts,
    locationId: z.string().optional(),
    sku: Texts,
    orderDate: Range,
    modifiedDate: Range,
    dispatchAfterDate: Range,
    dispatchByDate: Range,
    cancellationDate: Range,
    cancellationType: z.enum([
      'sellerCancellation',
      'buyerCancellation',
      'marketplaceCancellation',
    ]).optional(),
    shipmentTypes: z.array(z.enum(['NORMAL', 'EXPRESS', 'SELF'])).optional(),
    dispatchServiceTiers: z.array(z.enum(['EXPRESS', 'REGULAR'])).optional(),
    serviceProfiles: z.array(z.enum(['FBF', 'NON_FBF', 'FBF_LITE'])).optional(),
  }),
  pagination: z.object({ pageSize: z.number().int().min(1).max(20).default(20) })
    .default({ pageSize: 20 }),
  sort: z.object({
    field: z.enum(fields).default('modifiedDate'),
    order: z.enum(['asc', 'desc']).default('asc'),
  }).default({ field: 'modifiedDate', order: 'asc' }),
})
export type FilterAsk = z.infer<typeof FilterAsk>

/** The place behind a row: its value and its id. */
type Place = readonly [number, string]
const Token = z.object({
  ask: z.unknown(),
  place: z.tuple([z.number(), z.string()]),
  mark: z.number(),
  at: z.number(),
  epoch: z.number(),
})

export interface Listed {
  readonly shipment: Shipment
  readonly view: () => object
  readonly place: Place
}

export const filterShipments = (
  seller: Seller,
  ask: FilterAsk,
  seenAt: number,
  after: Place | undefined,
): { readonly rows: readonly Listed[]; readonly hasMore: boolean } => {
  const { filter, pagination, sort } = ask
  const words: readonly string[] = types[filter.type].filter((word) =>
    filter.states === undefined || filter.states.includes(word)
  )
  const turn = sort.order === 'asc' ? 1 : -1
  const found: Listed[] = []
  for (const shipment of seller.shipments.values()) {
    if (!fits(shipment, filter)) continue
    const face = seller.views.shipments.seen(shipment, seenAt)
    if (!face || !within(filter.modifiedDate, face.updatedAt)) continue
    if (!face.words.some((word) => words.includes(word))) continue
    const value = {
      modifiedDate: face.updatedAt,
      orderDate: shipment.order.placedAt,
      dispatchByDate: shipment.dispatchBy,
      dispatchAfterDate: shipment.dispatchAfter,
    }[sort.field]
    const place: Place = [value, shipment.id]
    if (after && turn * compare(place, after) <= 0) continue
    found.push({ shipment, view: face.view, place })
  }
  found.sort((a, b) => turn * compare(a.place, b.place))
  const rows = found.slice(0, pagination.pageSize)
  return { rows, hasMore: found.length > rows.length }
}

const compare = (a: Place, b: Place): number =>
  a[0] - b[0] || (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0)

const by = {
  sellerCancellation: 'seller',
  buyerCancellation: 'buyer',
  marketplaceCancellation: 'marketplace',
} as const

const fits = (shipment: Shipment, filter: FilterAsk['filter']): boolean => {
  const { locationId, sku, shipmentTypes, dispatchServiceTiers, serviceProfiles } = filter
  const tier = shipment.type === 'EXPRESS' ? 'EXPRESS' : 'REGULAR'
  const type = filter.cancellationType
  return (locationId === undefined || locationId === shipment.location) &&
    (sku === undefined || shipment.items.some(({ product }) => sku.includes(product.sku))) &&
    (shipmentTypes === undefined || shipmentTypes.includes(shipment.type)) &&
    (dispatchServiceTiers === undefined || dispatchServiceTiers.includes(tier)) &&
    (serviceProfiles === undefined || serviceProfiles.includes('NON_FBF')) &&
    within(filter.orderDate, shipment.order.placedAt) &&
    within(filter.dispatchAfterDate, shipment.dispatchAfter) &&
    within(filter.dispatchByDate, shipment.dispatchBy) &&
    (type === undefined || shipment.items.some(({ cancelled }) => cancelled?.by === by[type])) &&
    (filter.cancellationDate === undefined ||
      shipment.items.some(({ cancelled }) =>
        cancelled !== undefined && within(filter.cancellationDate, cancelled.at)
      ))
}

/** Both ends belong to it. */
const within = (range: z.infer<typeof Range>, at: number): boolean =>
  (range?.from === undefined || at >= Date.parse(range.from)) &&
  (range?.to === undefined || at <= Date.parse(range.to))

export interface TokenBook {
  readonly make: (seller: Seller, ask: unknown, place: Place, now: number) => string
  /** Undefined: dead, or not ours. */
  readonly read: (
    seller: Seller,
    token: string,
    now: number,
  ) => { readonly ask: unknown; readonly place: Place } | undefined
  /** All that were given die. */
  readonly expire: () => void
}

/** A token says what was asked and where the page ended, signed; it lives for `lifeMs`. */
export const createTokenBook = (seed: number, lifeMs: number): TokenBook => {
  let epoch = 0
  const mac = (text: string) => hashOf(seed, `page/${text}`).toString(36)
  return {
    make: (seller, ask, place, now) => {
      const text = JSON.stringify({ ask, place, mark: seller.mark, at: now, epoch })
      return btoa(encodeURIComponent(`${mac(text)}.${text}`))
    },
    read: (seller, token, now) => {
      const plain = plainOf(token)
      const dot = plain.indexOf('.')
      const text = plain.slice(dot + 1)
      if (dot < 1 || plain.slice(0, dot) !== mac(text)) return undefined
      const found = Token.parse(JSON.parse(text))
      const isDead = found.mark !== seller.mark || found.epoch !== epoch || now - found.at > lifeMs
      return isDead ? undefined : found
    },
    expire: () => void (epoch += 1),
  }
}

const plainOf = (token: string): string => {
  try {
    return decodeURIComponent(atob(token))
  } catch {
    return ''
  }
}
