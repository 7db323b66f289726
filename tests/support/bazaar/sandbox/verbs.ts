/** What a test may do to a running Bazaar, beside the verbs of the kit. */
import type { ControlVerb } from 'robnu/testing'
import { z } from 'zod'
import { type Books, totalsOf } from './books.ts'
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

export const verbsOf = (
  { books, signIn, troubles, now, pages }: {
    readonly books: ReadonlyMap<string, Books>
    readonly signIn: SignIn
    readonly troubles: Troubles
    readonly now: () => number
    /** How many pages were answered so far. */
    readonly pages: () => number
  },
): Readonly<Record<string, ControlVerb>> => {
  const booksOf = (shop: string): Books => {
    const found = books.get(shop)
    if (!found) throw new Error(`there is no shop "${shop}"`)
    return found
  }
  const at = () => new Date(now()).toISOString()
  return {
    books: (body) => totalsOf(booksOf(Shop.parse(body).shop).all()),
    orders: (body) => booksOf(Shop.parse(body).shop).all(),
    asked: () => ({ tokens: signIn.asked(), pages: pages() }),
    change: (body) => {
      const { shop, number, members } = Change.parse(body)
      return booksOf(shop).change(number, members, at())
    },
    revoke: (body) => {
      const { shop, what } = Revoke.parse(body)
      return signIn.revoke(shop, what)
    },
    restore: (body) => signIn.restore(Shop.parse(body).shop),
    trouble: (body) => Object.assign(troubles, Trouble.parse(body)),
  }
}

const Shop = z.strictObject({ shop: z.string() })
const Change = z.strictObject({
  shop: z.string(),
  number: z.string(),
  /** Any members of the order, to spoil it too. */
  members: z.record(z.string(), z.unknown()).default({}),
})
const Revoke = z.strictObject({ shop: z.string(), what: z.enum(['token', 'key']) })
const Trouble = z.strictObject({
  slowMs: z.number().int().min(0).optional(),
  stuck: z.boolean().optional(),
  miscount: z.number().int().optional(),
})
