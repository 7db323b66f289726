/** The stock of a seller. */
import { good, type Party } from './parties.ts'

/** Two products that lines of the first shop hold, and what is kept back of one. */
export const makeStock = async ({ ask, mark }: Pick<Party, 'ask' | 'mark'>): Promise<void> => {
  const [account, other] = (await good(ask('GET', '/v1/marketplace-accounts'))).data
  const sku = `SKU-${mark}`
  await good(ask('PUT', `/v1/inventory/${sku}`, { on_hand: 100_000, reason: 'COUNT' }))
  const reserves = [{ marketplace_account_id: account.id, quantity: 1 }]
  await good(
    ask('PUT', `/v1/inventory/${sku}/reserves`, { safety_stock: 1, accounts: reserves }),
  )
  await good(ask('PUT', `/v1/inventory/CUP-${mark}`, { on_hand: 100_000, reason: 'COUNT' }))
  const asked = { marketplace_account_id: account.id, sku }
  const { id } = await good(ask('POST', '/v1/listings', asked), 201)
  await good(ask('POST', '/v1/listings', { ...asked, sku: `CUP-${mark}` }), 201)
  const alias = { marketplace_account_id: account.id, sku: `OLD-${mark}`, alias_of: id }
  await good(ask('POST', '/v1/listings', alias), 201)
  // orders of the second shop name SKUs without a product
  const alone = { marketplace_account_id: other.id, sku: `NEW-${mark}`, product_sku: sku }
  await good(ask('POST', '/v1/listings', alone), 201)
}
