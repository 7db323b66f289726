/** What a test may do to a running Bazaar, beside the verbs of the kit. */
import { absent, type ControlVerb, controlVerb, type Moves, nothing } from 'robnu/testing'
import { z } from 'zod'
import { type Books, seededOrders, totalsOf, type WireOrder } from './books.ts'
import { signatureOf } from '../pushes.ts'
import type { SignIn } from './sign-in.ts'

/** What is wrong with the answers at the moment. */
export interface Troubles {
  /** Real milliseconds before each page. */
  slowMs: number
  /** True: every page is the first one again. */
  stuck: boolean
  /** Added to the count that Bazaar says it has sent. */
  miscount: number
}
export const noTroubles = (): Troubles => ({ slowMs: 0, stuck: false, miscount: 0 })

interface Parts {
  readonly seed: number
  readonly books: ReadonlyMap<string, Books>
  readonly signIn: SignIn
  readonly now: () => number
}

export const createMoves = ({ seed, books, signIn, now }: Parts): Moves => {
  const move = (orderId: string, members: Partial<WireOrder>): object => {
    for (const own of books.values()) {
      if (!own.all().some(({ number }) => number === orderId)) continue
      const { state } = own.change(orderId, members, new Date(now()).toISOString())
      return { orderId, state }
    }
    throw new Error(`there is no order "${orderId}"`)
  }
  const to = (summary: string, state: string): ControlVerb =>
    controlVerb(summary, One, ({ orderId }) => move(orderId, { state }))
  const derived = absent('Bazaar makes them of the orders as they stand')
  return {
    createOrders: controlVerb('new orders, placed now; answers their ids', Create, (body) => {
      const { shop = [...books.keys()][0] ?? '', count } = body
      const own = booksOf(books, shop)
      const orders = seededOrders({ seed, shop, count, end: now(), from: own.all().length })
      for (const order of orders) own.add({ ...order, state: 'placed' })
      return { shop, orderIds: orders.map(({ number }) => number) }
    }),
    hold: to('held until `unhold`', 'held'),
    unhold: to('no longer held', 'placed'),
    updateDispatchSlot: controlVerb(
      'another time to ship by',
      Slot,
      ({ orderId, dispatchBy }) => move(orderId, { ship_by: new Date(dispatchBy).toISOString() }),
    ),
    pickUpComplete: absent('Bazaar tells pick-up and departure by one word: take "shipped"'),
    shipped: to('on its way', 'shipped'),
    delivered: to('arrived', 'delivered'),
    createReturn: derived,
    returnEvent: derived,
    cancelAs: controlVerb(
      'cancelled; Bazaar does not tell by whom',
      Cancel,
      ({ orderId }) => move(orderId, { state: 'cancelled' }),
    ),
    advance: controlVerb(
      'stands in a state, as Bazaar writes it',
      Advance,
      ({ orderId, to }) => move(orderId, { state: to }),
    ),
    closeSettlement: derived,
    revokeToken: controlVerb(
      'tokens are over; `session`: the key is dead as well, until `restore`',
      Revoke,
      ({ shop, kind }) => {
        const shops = shop === undefined ? [...books.keys()] : [shop]
        for (const one of shops) signIn.revoke(one, kind === 'access' ? 'token' : 'key')
        return { kind }
      },
    ),
  }
}

export const verbsOf = (
  { books, signIn, troubles, now, pages }: Omit<Parts, 'seed'> & {
    readonly troubles: Troubles
    /** How many pages were answered so far. */
    readonly pages: () => number
  },
): Readonly<Record<string, ControlVerb>> => ({
  books: controlVerb(
    'what a ledger must hold in the end',
    Shop,
    ({ shop }) => totalsOf(booksOf(books, shop).all()),
  ),
  orders: controlVerb('the orders as they stand', Shop, ({ shop }) => booksOf(books, shop).all()),
  asked: controlVerb(
    'how many tokens and pages were asked for',
    nothing,
    () => ({ tokens: signIn.asked(), pages: pages() }),
  ),
  change: controlVerb(
    'changes or spoils one order',
    Change,
    ({ shop, number, members }) =>
      booksOf(books, shop).change(number, members, new Date(now()).toISOString()),
  ),
  pushes: controlVerb('what Bazaar has to say, signed for the address `url`', Pushes, (body) => {
    const at = new Date(now()).toISOString()
    const pushes = [...books].map(async ([shop, own]) => {
      const newest = own.all().reduce((max, one) => one.changed_at > max ? one.changed_at : max, '')
      const text = JSON.stringify({ event: `${shop}@${newest}`, shop, about: 'orders' })
      const signed = `${body.url}\n${at}\n${text}`
      const signature = await signatureOf(signed, signIn.keyOf(shop))
      const headers = { 'X-Bazaar-At': at, 'X-Bazaar-Signature': signature }
      return { account: shop, method: 'POST', path: '', headers, body: text }
    })
    return Promise.all(pushes).then((all) => ({ pushes: all }))
  }),
  restore: controlVerb('the key works again', Shop, ({ shop }) => signIn.restore(shop)),
  trouble: controlVerb(
    'slow pages, the first page for ever, a count of rows that are not there',
    Trouble,
    (body) => Object.assign(troubles, body),
  ),
})

const booksOf = (books: ReadonlyMap<string, Books>, shop: string): Books => {
  const found = books.get(shop)
  if (!found) throw new Error(`there is no shop "${shop}"`)
  return found
}

const Pushes = z.strictObject({ url: z.string().default('') })
const Shop = z.strictObject({ shop: z.string() })
const One = z.strictObject({ orderId: z.string() })
const Create = z.strictObject({
  /** Absent: the first. */
  shop: z.string().optional(),
  count: z.number().int().min(1).max(10_000).default(1),
})
const Slot = z.strictObject({ ...One.shape, dispatchBy: z.iso.datetime({ offset: true }) })
const Cancel = z.strictObject({ ...One.shape, by: z.enum(['buyer', 'seller', 'marketplace']) })
const Advance = z.strictObject({ ...One.shape, to: z.string() })
const Revoke = z.strictObject({
  /** Absent: all of them. */
  shop: z.string().optional(),
  kind: z.enum(['access', 'session']).default('access'),
})
const Change = z.strictObject({
  shop: z.string(),
  number: z.string(),
  /** Any members of the order, to spoil it too. */
  members: z.record(z.string(), z.unknown()).default({}),
})
const Trouble = z.strictObject({
  slowMs: z.number().int().min(0).optional(),
  stuck: z.boolean().optional(),
  miscount: z.number().int().optional(),
})
