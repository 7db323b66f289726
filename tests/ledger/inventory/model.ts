/** Stock as a person would keep it in a book: no database, no queues, one thing after the other. */
import type { OrderState } from '../../../core/plugin.ts'
import type { Line } from './shelf.ts'

export interface ModelOrder {
  readonly account: string
  readonly externalId: string
  status: OrderState
  lines: readonly Line[]
  /** Ordered behind every count. */
  readonly late: boolean
}
interface Product {
  onHand: number | null
  countedAt: number
  safety: number
  reserves: Map<string, number>
}
interface Hold {
  readonly account: string
  readonly sku: string | null
  product: string | null
  quantity: number
  state: 'HELD' | 'RELEASED' | 'SHIPPED'
  at: number
}

const gone: readonly OrderState[] = ['SHIPPED', 'OUT_FOR_DELIVERY', 'DELIVERED', 'RTO_IN_TRANSIT']

export const openBook = () => {
  const products = new Map<string, Product>()
  const listings = new Map<string, string>()
  const holds = new Map<string, Hold>()
  const waiting = new Map<string, Set<ModelOrder>>()
  let clock = 0

  const productOf = (sku: string): Product => {
    const found = products.get(sku) ??
      { onHand: null, countedAt: 0, safety: 0, reserves: new Map<string, number>() }
    products.set(sku, found)
    return found
  }
  const take = (hold: Hold) => {
    const product = hold.product === null ? undefined : products.get(hold.product)
    if (product && product.onHand !== null) product.onHand -= hold.quantity
  }
  const look = (order: ModelOrder) => {
    for (const [n, line] of order.lines.entries()) {
      const key = `${order.account} ${order.externalId} ${n}`
      const hold = holds.get(key)
      if (hold?.state === 'SHIPPED') continue
      const product = listings.get(`${order.account} ${line.sku}`) ?? null
      const quantity = line.quantity - (line.cancelled ?? 0)
      const base = { account: order.account, sku: line.sku, product, quantity, at: clock }
      const counted = product !== null && products.get(product)?.onHand !== null
      if (order.status === 'CANCELLED') {
        if (hold) holds.set(key, { ...hold, quantity: 0, state: 'RELEASED' })
      } else if (!gone.includes(order.status)) {
        if (quantity > 0) holds.set(key, { ...base, state: 'HELD' })
        else if (hold) holds.set(key, { ...hold, quantity: 0, state: 'RELEASED' })
      } else if (quantity > 0 && (hold || counted && order.late)) {
        const shipped: Hold = { ...base, state: 'SHIPPED' }
        holds.set(key, shipped)
        take(shipped)
      } else if (hold) {
        holds.set(key, { ...hold, quantity: 0, state: 'RELEASED' })
      }
    }
  }
  const heldOf = (sku: string): number =>
    [...holds.values()].filter(({ product, state }) => product === sku && state === 'HELD')
      .reduce((sum, { quantity }) => sum + quantity, 0)

  return {
    /** An order is new, or has changed: somebody will look at it. */
    note: (order: ModelOrder) => {
      const orders = waiting.get(order.account) ?? new Set()
      waiting.set(order.account, orders.add(order))
    },
    look: (account: string) => {
      clock++
      for (const order of waiting.get(account) ?? []) look(order)
      waiting.delete(account)
    },
    count: (sku: string, onHand: number) => {
      const product = productOf(sku)
      product.onHand = onHand
      product.countedAt = ++clock
    },
    add: (sku: string, delta: number) => {
      const product = productOf(sku)
      if (product.onHand !== null) product.onHand += delta
    },
    reserve: (sku: string, safety: number, reserves: ReadonlyMap<string, number>) => {
      const product = productOf(sku)
      product.safety = safety
      product.reserves = new Map([...reserves].filter(([, quantity]) => quantity > 0))
    },
    map: (account: string, sku: string, to: string) => {
      const product = productOf(to)
      listings.set(`${account} ${sku}`, to)
      for (const hold of holds.values()) {
        const waits = hold.account === account && hold.sku === sku && hold.product === null &&
          hold.state !== 'RELEASED'
        if (!waits) continue
        hold.product = to
        if (hold.state === 'SHIPPED' && product.countedAt < hold.at) take(hold)
      }
    },
    isMapped: (account: string, sku: string) => listings.has(`${account} ${sku}`),

    /** What the API is to show of each product. */
    stock: () =>
      [...products].map(([sku, { onHand, safety }]) => ({
        ...{ sku, on_hand: onHand, held: heldOf(sku), safety_stock: safety },
        available: Math.max(0, (onHand ?? 0) - heldOf(sku) - safety),
        oversold: onHand === null ? 0 : Math.max(0, heldOf(sku) - onHand),
      })).toSorted((a, b) => a.sku < b.sku ? -1 : 1),

    /** What each listing is to offer: account, sku, pieces. */
    offers: () =>
      [...listings].map(([listing, sku]) => {
        const [account = ''] = listing.split(' ')
        const { onHand, safety, reserves } = productOf(sku)
        const others = [...reserves].filter(([of]) => of !== account)
          .reduce((sum, [, quantity]) => sum + quantity, 0)
        const pieces = onHand === null ? null : Math.max(0, onHand - heldOf(sku) - safety - others)
        return `${listing} ${pieces}`
      }).toSorted(),

    /** Account, sku, open pieces, pieces that have left. */
    unmapped: () => {
      const found = new Map<string, [number, number]>()
      for (const { account, sku, product, state, quantity } of holds.values()) {
        if (product !== null || state === 'RELEASED') continue
        const sums = found.get(`${account} ${sku}`) ?? [0, 0]
        sums[state === 'HELD' ? 0 : 1] += quantity
        found.set(`${account} ${sku}`, sums)
      }
      return [...found].map(([sku, sums]) => `${sku} ${sums.join(' ')}`).toSorted()
    },
  }
}
export type Book = ReturnType<typeof openBook>
