/** Returns of self-ship sellers, listings, and reports that are asked for. */
import { randomFor } from 'robnu/testing'
import { z } from 'zod'
import { type Act, reading } from './commands.ts'
import { count, type Report, type Seller } from './model.ts'
import { cancelReturn, completeReturn } from './returning.ts'
import { dayMs, minuteMs } from './times.ts'
import { ok, refused } from './wire.ts'
import { changeReturn, uuidOf, type World } from './world.ts'

const text = z.string().min(1).max(100)
const ReturnVerb = z.object({
  verb: z.enum(['approve', 'reject', 'pickup', 'pickupAttempt', 'complete', 'cancel']),
  returns: z.array(z.object({ returnId: text })).max(100).optional(),
  returnIds: z.array(text).max(100).optional(),
}).refine(({ returns, returnIds }) => (returns ?? returnIds ?? []).length > 0)

const Inventory = z.record(
  text,
  z.object({
    product_id: z.string(),
    locations: z.array(
      z.object({ id: z.string(), inventory: z.number().int(), status: z.string().optional() }),
    ).min(1),
  }),
).refine((map) => Object.keys(map).length > 0)
const Price = z.record(
  text,
  z.object({
    product_id: z.string(),
    price: z.object({ mrp: z.number(), selling_price: z.number(), currency: z.string() }),
  }),
).refine((map) => Object.keys(map).length > 0)
const ReportAsk = z.object({
  type: z.string(),
  correlation_id: z.uuid(),
  parameters: z.object({ from_date: z.iso.date(), to_date: z.iso.date() }),
})

const mostSkus = 10
const mostDays = 92
const reportTypes = ['settled_transaction_ledger', 'orders_report', 'returns_report']

interface Trouble {
  readonly code: string
  readonly path: string
}
const skuAnswer = (troubles: readonly Trouble[]): object => ({
  status: troubles.length > 0 ? 'FAILURE' : 'SUCCESS',
  errors: troubles.map(({ code, path }) => ({
    ...{ severity: 'ERROR', code, path },
    description: 'The value cannot be taken',
  })),
  attribute_errors: [],
})
const bySku = <T extends { readonly product_id: string }>(
  seller: Seller,
  operation: string,
  map: Readonly<Record<string, T>>,
  take: (sku: string, one: T) => readonly Trouble[],
) => {
  const skus = Object.entries(map)
  if (skus.length > mostSkus) {
    return refused(400, 'LIMIT_EXCEEDED', `At most ${mostSkus} SKUs in a request`)
  }
  return ok(Object.fromEntries(skus.map(([sku, one]) => {
    const product = seller.products.find((each) => each.sku === sku)
    const { length } = one.product_id
    const troubles = !product
      ? [{ code: 'INVALID_SKU', path: 'sku' }]
      : length < 13 || length > 16 || one.product_id !== product.fsn
      ? [{ code: 'INVALID_PRODUCT_ID', path: 'product_id' }]
      : take(sku, one)
    if (troubles.length === 0) count(seller.done, operation)
    return [sku, skuAnswer(troubles)]
  })))
}

export const otherActs: Readonly<Record<string, Act>> = {
  returnVerb: reading(ReturnVerb, (world, seller, { verb, returns, returnIds }) => {
    const ids = returnIds ?? returns?.map(({ returnId }) => returnId) ?? []
    return ok({
      returns: ids.map((id) => {
        const code = returnVerb(world, seller, verb, id)
        return {
          returnId: id,
          processingStatus: code ? 'FAILURE' : 'SUCCESS',
          errorCode: code ?? null,
          errorMessage: code ? 'The return cannot go there' : null,
        }
      }),
    })
  }),
  inventory: reading(
    Inventory,
    (_world, seller, map) =>
      bySku(seller, 'inventory', map, (sku, { locations }) => {
        const [place] = locations
        const troubles = locations.flatMap(({ id, inventory }, at) => [
          ...id === seller.location
            ? []
            : [{ code: 'INVALID_LOCATION', path: `locations[${at}].id` }],
          ...inventory >= 0 ? [] : [{ code: 'INVALID_VALUE', path: `locations[${at}].inventory` }],
        ])
        if (troubles.length === 0 && place) seller.stock.set(sku, place.inventory)
        return troubles
      }),
  ),
  price: reading(Price, (_world, seller, map) =>
    bySku(seller, 'price', map, (sku, { price }) => {
      if (price.selling_price <= 0 || price.selling_price > price.mrp) {
        return [{ code: 'INVALID_VALUE', path: 'price.selling_price' }]
      }
      seller.prices.set(sku, Math.round(price.selling_price * 100))
      return []
    })),
  report: reading(ReportAsk, (world, seller, { type, correlation_id, parameters }) => {
    const { from_date: from, to_date: to } = parameters
    if (!seller.reports) {
      return refused(403, 'OPERATION_NOT_ALLOWED', 'Reports are a service that has to be bought')
    }
    if (!reportTypes.includes(type)) return refused(400, 'INVALID_REQUEST', 'No such report type')
    const days = (Date.parse(to) - Date.parse(from)) / dayMs
    if (!(days >= 0 && days <= mostDays)) {
      return refused(400, 'INVALID_REQUEST', `from_date to to_date: at most ${mostDays} days`)
    }
    const id = `R-${uuidOf(world.seed, `report/${seller.id}/${type}/${correlation_id}`)}`
    if (!seller.reportsMade.has(id)) {
      seller.reportsMade.set(id, newReport(world, id, type, from, to))
      count(seller.done, 'report')
    }
    return ok({ report_id: id })
  }),
}

/** One of thirty fails, one of thirty is gone before anybody can read it. */
const newReport = (world: World, id: string, type: string, from: string, to: string): Report => {
  const random = randomFor(world.seed, `report/${id}`)
  const at = world.at()
  if (world.reportMs !== undefined) {
    const doneAt = at + world.reportMs
    const expiresAt = doneAt + 3 * dayMs
    const times = { triggeredAt: at, processingAt: at, doneAt, expiresAt }
    return { ...{ id, type, from, to }, ...times, fails: false }
  }
  const processingAt = at + random.int(5, 30) * 1000
  const doneAt = processingAt + random.int(30, 240) * 1000
  const isShort = random.chance(1 / 30)
  return {
    ...{ id, type, from, to, processingAt, doneAt },
    triggeredAt: at,
    expiresAt: isShort ? doneAt + 1000 : doneAt + 3 * dayMs + random.int(0, 60) * minuteMs,
    fails: random.chance(1 / 30),
  }
}

const returnVerb = (
  world: World,
  seller: Seller,
  verb: z.infer<typeof ReturnVerb>['verb'],
  id: string,
): string | undefined => {
  const one = seller.returns.get(id)
  if (!one) return 'INVALID_RETURN'
  if (one.shipment.type !== 'SELF') return 'OPERATION_NOT_ALLOWED'
  if (one.status !== 'CREATED') return 'INVALID_RETURN_STATE'
  if (verb === 'complete') completeReturn(world, seller, one)
  else if (verb === 'reject' || verb === 'cancel') cancelReturn(world, seller, one, verb)
  else if (verb === 'approve') {
    changeReturn(world, seller, one, () => void (one.approvedAt ??= world.at()))
  }
  count(seller.done, verb)
  return undefined
}
