/** Events on their way to the seller's receiver, signed as Flipkart signs them. */
import { createHash } from 'node:crypto'
import { randomFor } from 'robnu/testing'
import type { Event, Seller } from './model.ts'
import type { World } from './world.ts'

interface Push {
  readonly id: number
  readonly account: string
  readonly method: 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}
export interface PushBook {
  /**
   * What is due now. `failed`: ids that the receiver did not answer with 200; they come again, and keep
   * the later ones of their group back. `url` is what is signed; absent: the path alone.
   */
  readonly due: (
    seller: Seller,
    ask: { readonly failed: readonly number[]; readonly url?: string | undefined },
  ) => readonly Push[]
}

export const createPushBook = (world: World): PushBook => {
  const given = new Map<Seller, Set<number>>()
  const again = new Map<Seller, Set<number>>()

  const due: PushBook['due'] = (seller, { failed, url }) => {
    const told = given.get(seller) ?? new Set()
    const doubled = again.get(seller) ?? new Set()
    given.set(seller, told)
    again.set(seller, doubled)
    for (const id of failed) told.delete(id)
    const blocked = new Set<string>()
    const now: Event[] = []
    for (const event of seller.events) {
      const isNew = !told.has(event.number)
      if (!isNew && !doubled.delete(event.number)) continue
      if (blocked.has(event.group)) continue
      if (event.dueAt > world.at()) {
        // a late one keeps its group in order
        blocked.add(event.group)
        continue
      }
      now.push(event)
      told.add(event.number)
      // the one that failed is tried alone
      if (failed.includes(event.number)) blocked.add(event.group)
      const random = randomFor(world.seed, `double/${seller.id}/${event.number}`)
      if (isNew && random.chance(0.08)) doubled.add(event.number)
    }
    return now.map((event) => signed(seller, event, world.at(), url))
  }
  return { due }
}

const signed = (seller: Seller, event: Event, at: number, url: string | undefined): Push => {
  const seconds = Math.floor(at / 1000)
  const text = `${seconds}${url ?? ''}POST${seller.appSecret}`
  const signature = createHash('sha1').update(text).digest('hex')
  return {
    ...{ id: event.number, account: seller.id, method: 'POST', path: '', body: event.body },
    headers: {
      'content-type': 'application/json',
      x_date: new Date(seconds * 1000).toUTCString(),
      x_authorization: `FKLOGIN ${btoa(`${seller.appId}:${signature}`)}`,
    },
  }
}
