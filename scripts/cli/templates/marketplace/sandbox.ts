/** Nukkad without Nukkad: two shops with invented orders, on a clock of their own. */
import { createBuckets, createFaults, digitsOf, openSandbox } from 'robnu/testing'
import {
  type SandboxAnswer,
  type SandboxRequest,
  startClock,
  type StartSandbox,
} from 'robnu/testing'
import { createBooks, seededOrders } from './sandbox/books.ts'
import { createMoves } from './sandbox/moves.ts'

const host = 'api.nukkad.example'
const shops = [
  { id: 'SHOP-0001', name: 'First stall', count: 24 },
  { id: 'SHOP-0002', name: 'Second stall', count: 8 },
]
/** What the clock shows at the start, whatever day it is. */
const clockStart = Date.parse('2026-01-10T06:00:00.000Z')

const startSandbox: StartSandbox = async ({ dir, port, seed = 1, speed = 1, start }) => {
  const begin = start?.getTime() ?? clockStart
  const clock = await startClock({ start: begin, speed, ...(dir === undefined ? {} : { dir }) })
  const faults = createFaults()
  const buckets = createBuckets({ listOrders: { ratePerSecond: 5, burst: 20 } }, clock.now)
  const books = new Map(shops.map(({ id, count }) => [
    id,
    createBooks(seededOrders({ seed, shop: id, count, end: begin })),
  ]))
  const dead = new Set<string>()
  const keyOf = (shop: string) => `key_${digitsOf(seed, `key ${shop}`, 12)}`

  /** Signed in, or the answer that refuses it. */
  const admitted = (
    request: SandboxRequest,
    answer: (shop: string) => SandboxAnswer,
  ): SandboxAnswer => {
    const shop = request.params['shop'] ?? ''
    if (!books.has(shop)) return refuse(404)
    const isRight = request.header('authorization') === `Bearer ${keyOf(shop)}`
    return isRight && !dead.has(shop) ? answer(shop) : refuse(401)
  }
  const listOrders = (request: SandboxRequest): SandboxAnswer =>
    admitted(request, (shop) => {
      if (!buckets.take('listOrders', shop)) {
        return { ...refuse(429), headers: { 'retry-after': '1' } }
      }
      const query = request.url.searchParams
      const page = books.get(shop)?.page({
        since: query.get('since') ?? '',
        until: query.get('until') ?? '9999',
        after: query.get('after') ?? '',
        limit: Number(query.get('limit') ?? 10),
        // what has changed a moment ago is not seen yet
        seenAt: new Date(clock.now() - faults.lagMs()).toISOString(),
      }) ?? { orders: [], next: null }
      return { status: 200, body: { ...page, orders: faults.pushed('listOrders', page.orders) } }
    })

  const path = '/v1/shops/{shop}'
  return await openSandbox({
    name: 'nukkad',
    ...{ port, clock, faults, buckets, refuse },
    moves: createMoves({ seed, books, dead, now: clock.now }),
    accounts: shops.map(({ id, name, count }) => ({
      name,
      externalAccountId: id,
      details: { shop_id: id },
      credentials: { api_key: keyOf(id) },
      orders: count,
    })),
    routes: [
      {
        ...{ method: 'GET', path, host, operation: 'readShop' },
        handle: (request) => admitted(request, (shop) => ({ status: 200, body: { shop } })),
      },
      { method: 'GET', path: `${path}/orders`, host, operation: 'listOrders', handle: listOrders },
    ],
  })
}
export default startSandbox

const refuse = (status: number): SandboxAnswer => ({ status, body: { error: `status ${status}` } })
