/** Bazaar without Bazaar: shops with invented orders, on a clock of its own. */
import { createBuckets, createFaults, openSandbox, startClock } from 'robnu/testing'
import type { SandboxAnswer, SandboxRequest, StartSandbox } from 'robnu/testing'
import { setTimeout } from 'node:timers/promises'
import { createAfterSales } from './sandbox/after-sales.ts'
import { type Books, createBooks, seededOrders } from './sandbox/books.ts'
import { createPacking } from './sandbox/packing.ts'
import { createSignIn, type SignIn } from './sandbox/sign-in.ts'
import { createShelves } from './sandbox/stock.ts'
import { createMoves, noTroubles, verbsOf } from './sandbox/verbs.ts'

const host = 'api.bazaar.example'
interface Shop {
  readonly id: string
  readonly name: string
  readonly count: number
  readonly signs_in_by: 'TOKEN' | 'KEY'
}
const twoShops: readonly Shop[] = [
  { id: 'SHOP-0001', name: 'First stall', count: 250, signs_in_by: 'TOKEN' },
  { id: 'SHOP-0002', name: 'Second stall', count: 40, signs_in_by: 'KEY' },
]
/** Small ones beside the two, as many as the variable says. */
const moreShops = 'ROBNU_SANDBOX_BAZAAR_MORE_SHOPS'
const shopsFor = (env: Readonly<Record<string, string | undefined>>): readonly Shop[] => [
  ...twoShops,
  ...Array.from({ length: Number(env[moreShops] ?? 0) }, (_, at): Shop => ({
    id: `SHOP-${String(at + 3).padStart(4, '0')}`,
    name: `Stall ${at + 3}`,
    count: 12,
    signs_in_by: at % 2 === 0 ? 'KEY' : 'TOKEN',
  })),
]
/** What the clock shows at the start, whatever day it is. */
const clockStart = Date.parse('2026-01-10T06:00:00.000Z')

const startSandbox: StartSandbox = async ({ dir, port, seed = 1, speed = 1, env, ...rest }) => {
  const start = rest.start?.getTime() ?? clockStart
  const shops = shopsFor(env)
  const clock = await startClock({
    start,
    speed,
    ...(dir === undefined ? {} : { dir }),
  })
  const books = new Map(shops.map(({ id, count }) => [
    id,
    createBooks(seededOrders({ seed, shop: id, count, end: start })),
  ]))
  const faults = createFaults()
  const buckets = createBuckets({
    listOrders: { ratePerSecond: 5, burst: 20 },
    stock: { ratePerSecond: 5, burst: 20 },
  }, clock.now)
  const signIn = createSignIn(seed, [...books.keys()], clock.now)
  const shelves = createShelves({
    ...{ host, signIn, shops: [...books.keys()] },
    admits: (shop) => buckets.take('stock', shop),
  })
  const packing = createPacking({ host, books, signIn, now: clock.now })
  const troubles = noTroubles()
  let pages = 0

  const listOrders = async (request: SandboxRequest): Promise<SandboxAnswer> => {
    const shop = request.params['shop'] ?? ''
    const found = books.get(shop)
    if (!found) return { status: 404, body: { error: 'shop' } }
    if (!signIn.admits(request, shop)) return { status: 401, body: { error: 'sign-in' } }
    if (!buckets.take('listOrders', shop)) {
      const { ratePerSecond = 1 } = buckets.limitOf('listOrders') ?? {}
      const headers = { 'retry-after': String(Math.ceil(1 / ratePerSecond)) }
      return { status: 429, headers, body: { error: 'rate' } }
    }
    if (troubles.slowMs > 0) await setTimeout(troubles.slowMs)
    pages += 1
    return pageOf(found, request.url.searchParams, troubles)
  }

  return await openSandbox({
    name: 'bazaar',
    ...{ port, clock, faults, buckets },
    moves: createMoves({ seed, books, signIn, now: clock.now }),
    accounts: shops.map((shop) => demoAccount(shop, signIn, books.get(shop.id))),
    routes: [
      { method: 'POST', path: '/v3/token', host, operation: 'token', handle: signIn.token },
      {
        method: 'GET',
        path: '/v3/shops/{shop}/orders',
        host,
        operation: 'listOrders',
        handle: listOrders,
      },
      ...shelves.routes,
      ...createAfterSales({ host, books, signIn }).routes,
      ...packing.routes,
    ],
    verbs: {
      ...shelves.verbs,
      ...packing.verbs,
      ...verbsOf({ books, signIn, troubles, now: clock.now, pages: () => pages }),
    },
    refuse: (status) => ({ status, body: { error: `status ${status}` } }),
    headers: () => ({ 'x-bazaar-rate': String(buckets.limitOf('listOrders')?.ratePerSecond) }),
  })
}
export default startSandbox

const pageOf = (
  books: Books,
  query: URLSearchParams,
  { stuck, miscount }: { readonly stuck: boolean; readonly miscount: number },
): SandboxAnswer => {
  const limit = Math.min(100, Number(query.get('limit') ?? 50))
  const after = stuck ? null : query.get('after')
  const { orders, next } = books.page(query.get('since') ?? '', after, limit)
  return { status: 200, body: { count: orders.length + miscount, orders, next } }
}

const demoAccount = (
  { id, name, signs_in_by }: Shop,
  signIn: SignIn,
  books: Books | undefined,
) => ({
  name,
  externalAccountId: id,
  details: { shop_id: id, signs_in_by, warehouses: ['Surat', 'Jaipur, "old town"'] },
  credentials: { api_key: signIn.keyOf(id) },
  orders: books?.all().length ?? 0,
})
