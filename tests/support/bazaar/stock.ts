/** What a shop offers: told in absolute quantities, and read back. */
import type { Context, StockChange, StockLevel, StockResult } from 'robnu/plugin'
import { z } from 'zod'
import { authorization, type Connection, origin, refusedMessage } from './client.ts'

export const stockLimit = { operation: 'stock', ratePerSecond: 5, burst: 20 }

const Told = z.object({
  items: z.array(z.object({ sku: z.string(), refused: z.string().nullable() })),
})
const Levels = z.object({ items: z.array(z.object({ sku: z.string(), pieces: z.number().int() })) })

export const pushInventory = async (
  account: Connection,
  changes: readonly StockChange[],
  ctx: Context,
): Promise<readonly StockResult[]> => {
  const { items } = await ctx.http(Told, addressOf(account), {
    ...init(account, ctx),
    method: 'PUT',
    json: { items: changes.map(({ sku, quantity }) => ({ sku, pieces: quantity })) },
  })
  return items.map(({ sku, refused }) =>
    refused === null ? { sku, outcome: 'accepted' } : { sku, outcome: 'rejected', reason: refused }
  )
}

export const readInventory = async (
  account: Connection,
  items: readonly { readonly sku: string }[],
  ctx: Context,
): Promise<readonly StockLevel[]> => {
  const answer = await ctx.http(Levels, addressOf(account), {
    ...init(account, ctx),
    query: { sku: items.map(({ sku }) => sku) },
  })
  return answer.items.map(({ sku, pieces }) => ({ sku, quantity: pieces }))
}

const addressOf = ({ details }: Connection): string => `${origin}/v3/shops/${details.shop_id}/stock`

const init = (account: Connection, ctx: Context) => ({
  operation: stockLimit.operation,
  headers: { authorization: authorization(account, ctx) },
  explain: (status: number) =>
    status === 401 ? { kind: 'auth', message: refusedMessage } as const : undefined,
})
