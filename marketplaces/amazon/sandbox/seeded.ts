/** Invented orders of an invented shop: the same for the same seed. */
import { digitsOf, placeFor, type Random, randomFor } from 'robnu/testing'
import type { Line, SandboxOrder } from './orders.ts'
import { storyOf, untilPacked } from './timeline.ts'

export interface Shop {
  readonly seed: number
  /** Keeps the orders of one selling partner apart from another's. */
  readonly partner: string
}

const dayMs = 86_400_000
const historyMs = 90 * dayMs
const youngestMs = 600_000 // all of them show when the clock starts, whatever the lag

/** Placed in the ninety days before `start`; what happens to the newest of them is still to come. */
export const seededOrders = (shop: Shop, count: number, start: number): SandboxOrder[] =>
  Array.from({ length: count }, (_, number) => {
    const random = randomFor(shop.seed, `${shop.partner}/placed/${number}`)
    const secondsAgo = random.int(youngestMs / 1000, historyMs / 1000)
    return seededOrder(shop, number, start - secondsAgo * 1000, start)
  })

/** The `number`th order of a shop, placed at an instant; from `start` on orders wait to be packed. */
export const seededOrder = (
  shop: Shop,
  number: number | string,
  createdAt: number,
  start: number,
): SandboxOrder => {
  const key = `${shop.partner}/${number}`
  const random = randomFor(shop.seed, key)
  const id = orderId(shop.seed, key, random)
  const fulfilledBy = random.chance(0.4) ? 'AMAZON' : 'MERCHANT'
  return {
    id,
    createdAt,
    changes: untilPacked(storyOf(random, createdAt, fulfilledBy), start),
    lines: linesOf(shop.seed, id, random),
    channel: 'AMAZON',
    fulfilledBy,
    service: fulfilledBy === 'AMAZON' ? 'EXPEDITED' : 'STANDARD',
    business: random.chance(0.01),
    ...placeFor(random),
    open: false,
  }
}

const orderId = (seed: number, key: string, random: Random): string => {
  const digits = digitsOf(seed, key, 14)
  const office = random.pick(['171', '402', '403', '404', '405', '406', '407', '408'])
  return `${office}-${digits.slice(0, 7)}-${digits.slice(7)}`
}

const linesOf = (seed: number, orderId: string, random: Random): Line[] => {
  const count = random.chance(0.85) ? 1 : random.int(2, 3)
  const first = random.int(0, catalogue.length - 1)
  return Array.from({ length: count }, (_, at) => {
    const product = catalogue[(first + at * 7) % catalogue.length] ?? { name: '', rupees: 0 }
    const size = random.pick(['S', 'M', 'L', 'XL'])
    const sku = `${product.name.slice(0, 3).toUpperCase()}${100 + first + at * 7}-${size}`
    const quantity = random.chance(0.94) ? 1 : random.int(2, 4)
    return {
      itemId: digitsOf(seed, `${orderId}/${sku}`, 14),
      sku,
      asin: `B0${digitsOf(seed, product.name, 8)}`,
      title: `${product.name}, size ${size}`,
      quantity,
      amount: `${product.rupees * quantity}.00`,
      currency: 'INR',
    }
  })
}

const catalogue = [
  { name: 'Cotton kurta, indigo', rupees: 649 },
  { name: 'Cotton kurta, mustard', rupees: 599 },
  { name: 'Linen shirt, white', rupees: 899 },
  { name: 'Linen shirt, olive', rupees: 879 },
  { name: 'Palazzo trousers', rupees: 449 },
  { name: 'Printed dupatta', rupees: 299 },
  { name: 'Anarkali dress', rupees: 1249 },
  { name: 'Block print saree', rupees: 1599 },
  { name: 'Silk blend saree', rupees: 2349 },
  { name: 'Denim jacket', rupees: 1499 },
  { name: 'Track pants', rupees: 549 },
  { name: 'Polo shirt, navy', rupees: 499 },
  { name: 'Nehru jacket', rupees: 1349 },
  { name: 'Woollen shawl', rupees: 1149 },
  { name: 'Leather belt', rupees: 399 },
  { name: 'Kolhapuri sandals', rupees: 749 },
  { name: 'Jute tote bag', rupees: 349 },
  { name: 'Block print bedsheet', rupees: 999 },
  { name: 'Cushion covers, set of five', rupees: 429 },
]
