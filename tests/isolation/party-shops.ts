/** The shops of a seller: their orders at the sandbox, and what the first syncs bring. */
import { callVerb } from '#core/testing/sandbox/call.ts'
import type { RunningSandbox } from '#core/testing/sandbox/sandbox.ts'
import type { WireOrder } from '../support/bazaar/sandbox/books.ts'
import type { Ask } from './clients.ts'
import { markOf, phoneOf } from './marks.ts'
import type { House, Shop } from './parties.ts'

/** A shop of the sandbox, as its seller connects it. */
export const readShop = (
  { sandbox }: House,
  id: string,
  at: number,
  mark: string,
): Shop => {
  const found = sandbox.accounts.find(({ externalAccountId }) => externalAccountId === id)
  if (!found) throw new Error(`The sandbox has no shop "${id}"`)
  const { details, credentials } = found
  const name = `Shop ${at + 1} of ${mark}`
  return { marketplace: 'BAZAAR', external_account_id: id, name, details, credentials }
}

/** Puts the mark into whatever text of an order there is. */
export const markOrders = async (
  sandbox: RunningSandbox,
  seller: number,
  shop: string,
): Promise<void> => {
  const mark = markOf(seller)
  const orders = await callVerb(sandbox, 'orders', { shop }) as readonly WireOrder[]
  for (const [at, { number, buyer, lines }] of orders.entries()) {
    const members = {
      // one of each shop cannot be accepted, and is kept aside
      ...(at === 0 ? { channel: 'elsewhere' } : {}),
      // and some can be processed
      ...(at > 0 && at < 4 ? { state: 'placed' } : {}),
      buyer: {
        ...buyer,
        ...{ name: `Buyer ${at} ${mark}`, mail: `b${at}.${mark}@buyers.invalid` },
        ...{ phone: phoneOf(seller, at), street: `${at} Street ${mark}`, town: `Town ${mark}` },
        pin: `4110${mark}`,
      },
      lines: lines.map((line) => ({
        ...line,
        sku: `${at % 2 === 0 ? 'SKU' : 'CUP'}-${mark}`,
        title: `Kurta ${at} ${mark}`,
      })),
    }
    await callVerb(sandbox, 'change', { shop, number, members })
  }
}

/** Twice, so that there is a page of runs to turn. */
export const connectAndSync = async (ask: Ask, shop: Shop): Promise<void> => {
  const account = await ask('POST', '/v1/marketplace-accounts', shop)
  if (account.status !== 201) throw new Error(`Cannot connect: ${account.text}`)
  // its own run, and one more
  for (const target of ['ORDERS', 'ORDERS', 'RETURNS', 'PAYOUTS']) {
    const path = `/v1/marketplace-accounts/${JSON.parse(account.text).id}/sync`
    const { run } = JSON.parse((await ask('POST', path, { target })).text)
    for (let state = ''; state !== 'SUCCEEDED';) {
      state = JSON.parse((await ask('GET', `/v1/runs/${run.id}`)).text).state
      if (state === 'FAILED') throw new Error('The sync has failed')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}
