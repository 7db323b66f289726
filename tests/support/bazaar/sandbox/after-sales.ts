/** What comes back of a shop's orders, and what Bazaar pays for them: made of the orders as they stand. */
import type { SandboxAnswer, SandboxRequest, SandboxRoute } from 'robnu/testing'
import type { Books, WireOrder } from './books.ts'
import type { SignIn } from './sign-in.ts'

export interface WireReturn {
  readonly id: string
  readonly order: string
  readonly undelivered: boolean
  readonly state: string
  readonly reason: string
  readonly begun_at: string
  readonly changed_at: string
  readonly arrived_at: string | null
  readonly parcel: string
  readonly waybills: readonly string[]
  readonly lines: readonly {
    readonly line_id: string
    readonly sku: string
    readonly pieces: number
  }[]
}
export interface WirePayout {
  readonly id: string
  readonly state: string
  readonly total: string
  readonly paid_on: string | null
  readonly changed_at: string
  readonly lines: readonly {
    readonly id: string
    readonly order: string
    readonly sale: string
    readonly fee: string
    readonly tax: string
    readonly net: string
  }[]
}

export const createAfterSales = ({ host, books, signIn }: {
  readonly host: string
  readonly books: ReadonlyMap<string, Books>
  readonly signIn: SignIn
}): { readonly routes: readonly SandboxRoute[] } => {
  const route = (
    operation: 'returns' | 'payouts',
    of: (orders: readonly WireOrder[]) => readonly unknown[],
  ): SandboxRoute => ({
    ...{ method: 'GET', path: `/v3/shops/{shop}/${operation}`, host, operation },
    handle: (request: SandboxRequest): SandboxAnswer => {
      const shop = request.params['shop'] ?? ''
      const found = books.get(shop)
      if (!found) return { status: 404, body: { error: 'shop' } }
      if (!signIn.admits(request, shop)) return { status: 401, body: { error: 'sign-in' } }
      const from = Number(request.url.searchParams.get('after') ?? 0)
      const limit = Number(request.url.searchParams.get('limit') ?? 50)
      const all = of(found.all())
      const next = from + limit < all.length ? String(from + limit) : null
      return { status: 200, body: { rows: all.slice(from, from + limit), next } }
    },
  })
  return { routes: [route('returns', returnsOf), route('payouts', payoutsOf)] }
}

/** Of every fourth order. */
export const returnsOf = (orders: readonly WireOrder[]): readonly WireReturn[] =>
  orders.filter((_, at) => at % 4 === 0).map((order, at): WireReturn => {
    const state = ['begun', 'collected', 'moving', 'arrived', 'looked at', 'called off'][at % 6] ??
      ''
    const arrived = at % 6 === 3 || at % 6 === 4
    return {
      id: `RT-${order.number.slice(3)}`,
      order: order.number,
      undelivered: order.state === 'shipped',
      state,
      reason: 'Too small',
      begun_at: order.placed_at,
      changed_at: order.changed_at,
      arrived_at: arrived ? order.changed_at : null,
      parcel: `${order.number}/P`,
      waybills: [`1${order.number.slice(-5)}`, `9${order.number.slice(-5)}`],
      lines: order.lines.slice(0, 1).map(({ line_id, sku }) => ({ line_id, sku, pieces: 1 })),
    }
  })

/** One for each five orders, the newest not paid yet. */
export const payoutsOf = (orders: readonly WireOrder[]): readonly WirePayout[] => {
  const groups = Array.from(
    { length: Math.ceil(orders.length / 5) },
    (_, at) => orders.slice(at * 5, at * 5 + 5),
  )
  return groups.map((group, at): WirePayout => {
    const lines = group.filter(({ total }) => total !== null).map((order) => {
      const sale = Number((order.total ?? '0').replace('.', ''))
      const fee = -Math.round(sale / 10)
      const tax = Math.round(fee * 18 / 100)
      return { order: order.number, sale, fee, tax, net: sale + fee + tax }
    })
    const total = lines.reduce((sum, { net }) => sum + net, 0)
    const last = group.at(-1)?.placed_at ?? ''
    const paid = at + 1 < groups.length
    return {
      id: `ST-${group[0]?.number.slice(3)}`,
      state: paid ? 'paid' : 'estimated',
      total: rupees(total),
      paid_on: paid ? last.slice(0, 10) : null,
      changed_at: last,
      lines: lines.map(({ order, sale, fee, tax, net }) => ({
        ...{ id: `${order}/S`, order },
        ...{ sale: rupees(sale), fee: rupees(fee), tax: rupees(tax), net: rupees(net) },
      })),
    }
  })
}

const rupees = (paise: number): string => {
  const size = Math.abs(paise)
  const text = `${Math.floor(size / 100)}.${String(size % 100).padStart(2, '0')}`
  return paise < 0 ? `-${text}` : text
}
