/** What a seller has processed. */
import { good, type Party } from './parties.ts'

/** Three orders that are brought into two closed manifests, with all of their papers. */
export const makeBatches = async ({ ask, mark }: Pick<Party, 'ask' | 'mark'>): Promise<void> => {
  const home = { line1: `Lane of ${mark}`, city: 'Pune', postal_code: '411001' }
  const registration = { legal_name: `Mill of ${mark}`, ...home }
  await good(ask('PUT', '/v1/seller/registrations/27AAPFU0939F1ZV', registration))
  const [, account] = (await good(ask('GET', '/v1/marketplace-accounts'))).data
  const found = await good(ask('GET', `/v1/orders?account=${account.id}&status=NEW`))
  const [one, two, three] = found.data
    .filter((order: { on_hold: boolean }) => !order.on_hold)
    .map(({ id }: { id: string }) => id)
  for (const order_ids of [[one, two], [three]]) {
    const wanted = { marketplace_account_id: account.id, order_ids }
    const { id } = await good(ask('POST', '/v1/processing', wanted), 202)
    for (let state = 'QUEUED'; state !== 'DONE';) {
      const batch = await good(ask('GET', `/v1/processing/${id}`))
      state = batch.state
      if (state === 'FAILED') throw new Error(`The batch has failed: ${batch.failure.message}`)
      if (state === 'DONE' && batch.orders.done !== order_ids.length) {
        const { data: [line] } = await good(ask('GET', `/v1/processing/${id}/lines?state=HELD`))
        throw new Error(`An order was held: ${line?.code}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}
