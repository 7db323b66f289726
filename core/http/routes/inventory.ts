/** What is on hand, what is held of it, and what is kept back. */
import { z } from '@hono/zod-openapi'
import { fault } from '../../errors.ts'
import type { Stock as StockService } from '../../ledger/inventory/stock.ts'
import type { Cursors } from '../cursor.ts'
import { Cursor, exampleIds, Limit, listOf } from '../schemas.ts'
import { pageOf } from '../examples.ts'
import { given } from '../given.ts'
import { type Route, route } from '../route.ts'
import { Reserves, Sku, Stock, StockChange, stockExample } from '../stock-schemas.ts'

const path = '/v1/inventory'
const tag = 'Inventory'

const Query = z.strictObject({ cursor: Cursor.optional(), limit: Limit })
const SkuParams = z.object({ sku: Sku })
/** A sku. */
const Position = z.string()

export const inventoryRoutes = (stock: StockService, cursors: Cursors): readonly Route[] => [
  route({
    method: 'get',
    path,
    permission: 'inventory:read',
    tag,
    summary: 'List the stock of all products, by SKU',
    query: Query,
    answer: listOf(Stock),
    examples: { answer: pageOf(stockExample) },
    problems: ['invalid-cursor'],
    handle: async ({ query }, { entry }) => {
      const scope = { list: path, sellerId: entry.sellerId, filters: {} }
      const after = query.cursor === undefined
        ? undefined
        : cursors.read(scope, query.cursor, Position)
      const { stock: found, next } = await stock.list(entry, {
        ...given({ after }),
        limit: query.limit,
      })
      return {
        data: found,
        page: { next: next === null ? null : cursors.write(scope, next) },
      }
    },
  }),
  route({
    method: 'put',
    path: `${path}/{sku}`,
    permission: 'inventory:write',
    tag,
    summary: 'Say how many there are, or how many more or fewer; a count makes the product',
    params: SkuParams,
    body: StockChange,
    answer: Stock,
    examples: { body: { on_hand: 40, reason: 'COUNT' }, answer: stockExample },
    problems: ['stock-changed', 'stock-out-of-range'],
    handle: async ({ params: { sku }, body }, { entry }) => {
      const { on_hand, delta, reason, version } = body
      return found(
        await stock.change(entry, sku, { reason, ...given({ on_hand, delta, version }) }),
      )
    },
  }),
  route({
    method: 'put',
    path: `${path}/{sku}/reserves`,
    permission: 'inventory:write',
    tag,
    summary: 'Say the whole of what is kept back: safety stock, and shares of single accounts',
    params: SkuParams,
    body: Reserves,
    answer: Stock,
    examples: {
      body: {
        safety_stock: 2,
        accounts: [{ marketplace_account_id: exampleIds.account, quantity: 5 }],
      },
      answer: stockExample,
    },
    handle: async ({ params: { sku }, body }, { entry }) =>
      found(await stock.reserve(entry, sku, body)),
  }),
]

const found = <T>(thing: T | null): T => {
  if (thing === null) throw fault('not-found')
  return thing
}
