/** What is asked of Nukkad, and what its refusals mean. */
import type { Account, Context, HttpInit } from 'robnu/plugin'
import { type Credentials, type Details, hosts, OrdersAnswer, ShopAnswer } from './schemas.ts'

export type Connection = Account<Details, Credentials>

const pageSize = 10

/** Proves that the key opens this shop. */
export const verify = async (account: Connection, ctx: Context): Promise<void> => {
  await ctx.http(ShopAnswer, shopUrl(account), signedIn(account))
}

export const listOrders = async (
  account: Connection,
  { since, until, after }: {
    readonly since: string
    readonly until: string | undefined
    readonly after: string | null
  },
  ctx: Context,
): Promise<OrdersAnswer> =>
  await ctx.http(OrdersAnswer, `${shopUrl(account)}/orders`, {
    ...signedIn(account),
    // the bucket of `limits` that pays for it
    operation: 'listOrders',
    query: { since, until, after: after ?? undefined, limit: pageSize },
  })

const shopUrl = ({ details }: Connection): string =>
  `https://${hosts[0]}/v1/shops/${details.shop_id}`

const signedIn = ({ credentials }: Connection): HttpInit => ({
  headers: { authorization: `Bearer ${credentials.api_key}` },
  // the standard reading of every other status is right for this marketplace
  explain: (status) => status === 401 ? { kind: 'auth', message: refused } : undefined,
})
const refused = 'Nukkad refuses the API key: make a new one in its panel'
