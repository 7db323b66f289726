/** The demo as it must come out: the books of its sandbox, and what the API tells of the ledger. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DemoClient, signInDemo } from '../../scripts/demo.ts'
import { seededOrders, type Totals, totalsOf } from '../support/bazaar/sandbox/books.ts'

/** The launcher's sandbox: it has no other seed, and its clock begins at no other time. */
const seed = 1
const end = Date.parse('2026-01-10T06:00:00.000Z')
const shops = [{ id: 'SHOP-0001', count: 250 }, { id: 'SHOP-0002', count: 40 }]

/** What each demo seller's shop has sold, in the order of the sellers. */
export const booked: readonly (Totals & { readonly shop: string })[] = shops.map((
  { id, count },
) => ({ shop: id, ...totalsOf(seededOrders({ seed, shop: id, count, end })) }))

export const sumOf = (all: readonly Totals[]): Totals => ({
  orders: all.reduce((sum, { orders }) => sum + orders, 0),
  items: all.reduce((sum, { items }) => sum + items, 0),
  total_paise: all.reduce((sum, { total_paise }) => sum + total_paise, 0),
})

export interface DemoFile {
  readonly url: string
  readonly sellers: readonly {
    readonly name: string
    readonly email: string
    readonly password: string
  }[]
}
export const readDemoFile = (home: string): DemoFile =>
  JSON.parse(readFileSync(join(home, 'demo.json'), 'utf8'))

/** The owners of the demo, signed in, in the order of the file. */
export const signInOwners = (home: string): Promise<readonly DemoClient[]> => {
  const { url, sellers } = readDemoFile(home)
  return Promise.all(sellers.map((owner) => signInDemo(url, { ...owner, role: 'OWNER' })))
}

export interface ListedOrder {
  readonly id: string
  readonly external_order_id: string
  readonly item_count: number
  readonly total_paise: number | null
  readonly customer?: {
    readonly name: string | null
    readonly phone: string | null
    readonly email: string | null
    readonly address: Readonly<Record<string, string | null>> | null
  } | null
}

/** All orders of a seller, page by page, as any client reads them. */
export const listAllOrders = async (
  client: DemoClient,
  query = '',
): Promise<readonly ListedOrder[]> => {
  const all: ListedOrder[] = []
  let cursor = ''
  do {
    const { status, body } = await client('GET', `/v1/orders?limit=200${query}${cursor}`)
    if (status !== 200) throw new Error(`Cannot list orders: ${body['title']}`)
    all.push(...body['data'] as ListedOrder[])
    const { next } = body['page'] as { next: string | null }
    cursor = next === null ? '' : `&cursor=${encodeURIComponent(next)}`
  } while (cursor !== '')
  return all
}

export const totalsOfList = (orders: readonly ListedOrder[]): Totals => ({
  // an order that came twice counts once, and is missed in the number of its lines
  orders: new Set(orders.map((order) => order.external_order_id)).size,
  items: orders.reduce((sum, { item_count }) => sum + item_count, 0),
  total_paise: orders.reduce((sum, { total_paise }) => sum + (total_paise ?? 0), 0),
})

export interface ListedRun {
  readonly state: string
  readonly reason: string
  readonly received: number
  readonly new: number
  readonly changed: number
  readonly unchanged: number
  readonly rejected: number
}

/** Newest first. */
export const listRuns = async (client: DemoClient): Promise<readonly ListedRun[]> => {
  const { status, body } = await client('GET', '/v1/runs?limit=200')
  if (status !== 200) throw new Error(`Cannot list runs: ${body['title']}`)
  return body['data'] as ListedRun[]
}
