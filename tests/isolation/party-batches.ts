/** What a seller has processed. */
import { good, type Party } from './parties.ts'

type Of = Pick<Party, 'ask' | 'mark'>

/**
 * Three orders of the second shop that are brought into two closed manifests, with all of their
 * papers, and one of the first whose manifest stays open.
 */
export const makeBatches = async ({ ask, mark }: Of): Promise<void> => {
  const home = { line1: `Lane of ${mark}`, city: 'Pune', postal_code: '411001' }
  const registration = { legal_name: `Mill of ${mark}`, ...home }
  await good(ask('PUT', '/v1/seller/registrations/27AAPFU0939F1ZV', registration))
  const [first, second] = (await good(ask('GET', '/v1/marketplace-accounts'))).data
  const [one, two, three] = await readyOrders(ask, second.id)
  for (const order_ids of [[one, two], [three]]) {
    await processAll(ask, { marketplace_account_id: second.id, order_ids })
  }
  const order_ids = (await readyOrders(ask, first.id)).slice(0, 1)
  await processAll(ask, { marketplace_account_id: first.id, order_ids, closure: 'MANUAL' })
}

const readyOrders = async (ask: Of['ask'], account: string): Promise<readonly string[]> => {
  const found = await good(ask('GET', `/v1/orders?account=${account}&status=NEW`))
  return found.data.filter((order: { on_hold: boolean }) => !order.on_hold)
    .map(({ id }: { id: string }) => id)
}

const processAll = async (
  ask: Of['ask'],
  wanted: { readonly order_ids: readonly unknown[] } & Readonly<Record<string, unknown>>,
): Promise<void> => {
  const { id } = await good(ask('POST', '/v1/processing', wanted), 202)
  for (let state = 'QUEUED'; state !== 'DONE';) {
    const batch = await good(ask('GET', `/v1/processing/${id}`))
    state = batch.state
    if (state === 'FAILED') throw new Error(`The batch has failed: ${batch.failure.message}`)
    if (state === 'DONE' && batch.orders.done !== wanted.order_ids.length) {
      const { data: [line] } = await good(ask('GET', `/v1/processing/${id}/lines?state=HELD`))
      throw new Error(`An order was held: ${line?.code}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
