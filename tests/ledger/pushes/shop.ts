/** A shop of Bazaar that sends by itself, and what comes of it. */
import {
  createWebhooks,
  type PushAsk,
  type Webhooks,
} from '../../../core/ledger/pushes/webhooks.ts'
import { hasCode } from '../../../core/errors.ts'
import { createLog } from '../../../core/log.ts'
import { signatureOf } from '../../support/bazaar/pushes.ts'
import type { World } from '../../support/bazaar/world.ts'
import { makeSeller, type TestSeller } from '../../support/database.ts'

interface Sent {
  readonly id: string
  readonly shop?: string
  readonly about?: string
}
export interface PushingShop {
  readonly seller: TestSeller
  readonly accountId: string
  readonly externalAccountId: string
  /** As Bazaar signs it; `changes` come on the way. */
  readonly ask: (
    sent: Sent | string,
    changes?: Partial<PushAsk['push']> & {
      readonly accountId?: string
      readonly pluginId?: string
      readonly path?: string
      readonly key?: string
      readonly at?: Date
    },
  ) => Promise<PushAsk>
}

export const openShop = async (world: World, at: 0 | 1 = 0): Promise<PushingShop> => {
  const seller = await makeSeller(world.fresh.db)
  const accountId = await world.connectShop(seller, at)
  const shop = world.sandbox.accounts[at]
  if (!shop) throw new Error('The sandbox has no such shop')
  const { externalAccountId } = shop
  const { api_key: ownKey } = shop.credentials as { readonly api_key: string }
  return {
    ...{ seller, accountId, externalAccountId },
    ask: async (sent, changes = {}) => {
      const { accountId: other, pluginId = 'bazaar', path = '', key = ownKey, ...rest } = changes
      const { at: signedAt = world.upstream().now(), ...push } = rest
      const body = typeof sent === 'string' ? sent : JSON.stringify({
        ...{ event: sent.id, shop: sent.shop ?? externalAccountId },
        about: sent.about ?? 'orders',
      })
      const address = `/webhooks/bazaar/${accountId}`
      const time = signedAt.toISOString()
      const signature = await signatureOf(`${address}\n${time}\n${body}`, key)
      return {
        ...{ pluginId, accountId: other ?? accountId, path },
        push: {
          ...{ method: 'POST', path: address, body },
          headers: { 'x-bazaar-at': time, 'x-bazaar-signature': signature },
          ...push,
        },
      }
    },
  }
}

/** The house's answers, without its waiting: how long it would be is told. */
export const openPushes = (world: World, limit = Infinity) => {
  const waits: number[] = []
  const lines: string[] = []
  let [counted, woken, time] = [0, 0, 0]
  const webhooks: Webhooks = createWebhooks({
    ...world.deps,
    limits: {
      take: () => {
        const isAllowed = ++counted <= limit
        const policy = { name: 'push', quota: limit, windowSeconds: 60 }
        return Promise.resolve([{ policy, isAllowed, remaining: 0, resetSeconds: 7 }])
      },
    },
    log: createLog((line) => void lines.push(line), () => new Date()),
    // each look at it is a step
    ticks: () => (time += 40),
    sleep: (ms) => Promise.resolve(void waits.push(ms)),
    wake: () => void woken++,
  })
  const take = (ask: PushAsk): Promise<string> =>
    webhooks.take(ask).then(() => 'taken', (error: unknown) => {
      if (hasCode(error, 'push-refused')) return 'refused'
      if (hasCode(error, 'quota-exceeded')) return 'too many'
      throw error
    })
  return { take, waits, lines, woken: () => woken }
}

/** What stands in the database of the shop: its events, and runs that a push has asked for. */
export const pushedOf = async ({ fresh }: World, { accountId }: Pick<PushingShop, 'accountId'>) =>
  await fresh.asSuperuser(async (admin) => ({
    events: (await admin<{ event_id: string; target: string }[]>`
      select event_id, target from push_events where marketplace_account_id = ${accountId}
      order by event_id`).map(({ event_id, target }) => `${event_id} ${target}`),
    runs: (await admin<{ target: string; state: string }[]>`
      select target, state from job_runs
      where marketplace_account_id = ${accountId} and reason = 'push' order by id`)
      .map(({ target, state }) => `${target} ${state}`),
  }))
