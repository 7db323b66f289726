/** The control plane of Flipkart's own: what a test, or a person, may do to orders, returns and tokens. */
import { type ControlVerb, controlVerb, type Faults, type Moves, nothing } from 'robnu/testing'
import { z } from 'zod'
import { booksOf, ledgerOf } from './books.ts'
import type { Act, Run } from './commands.ts'
import { type Deed, moveDeeds, ownDeeds } from './deeds.ts'
import type { TokenBook } from './pages.ts'
import type { PushBook } from './pushes.ts'
import type { Sessions } from './session.ts'
import { changeShipment, type World } from './world.ts'

/** Of every marketplace; each runs as an act of one account, so that a restart repeats it. */
export const createMoves = (world: World, run: Run): Moves => verbsOf(moveDeeds, world, run)

export const createVerbs = (
  { world, run, now, tokens, pushes, faults }: {
    readonly world: World
    readonly run: Run
    readonly now: () => number
    readonly tokens: TokenBook
    readonly pushes: PushBook
    readonly faults: Faults
  },
): Record<string, ControlVerb> => {
  const chosen = (account: string | undefined) => {
    world.catchUp(now())
    return [...world.sellers.values()].filter(({ id }) => account === undefined || id === account)
  }
  return {
    ...verbsOf(ownDeeds, world, run),
    ledger: controlVerb("what an honest ledger shows now, in Robnu's words", Which, (asked) => ({
      accounts: Object.fromEntries(
        chosen(asked.account).map((seller) => [seller.id, ledgerOf(seller)]),
      ),
    })),
    books: controlVerb('what the sandbox knows to be true', Books, ({ account, orders }) => ({
      accounts: Object.fromEntries(
        chosen(account).map((seller) => [seller.id, booksOf(seller, orders)]),
      ),
    })),
    pushes: controlVerb('the notifications that are due now', Pushes, ({ account, ...ask }) => ({
      pushes: faults.pushed(
        'pushes',
        chosen(account).flatMap((seller) => pushes.due(seller, ask)),
      ),
    })),
    expirePages: controlVerb('every page token that was given dies', nothing, () => {
      tokens.expire()
      return {}
    }),
  }
}

const verbsOf = <Name extends string>(
  deeds: Readonly<Record<Name, Deed>>,
  world: World,
  run: Run,
): Record<Name, ControlVerb> => {
  const accountOf = (body: unknown): string => {
    const { externalAccountId, orderId, shipmentId, orderItemId, returnId, ...rest } = Where.parse(
      body,
    )
    const account = rest.account ?? externalAccountId
    if (account !== undefined) return account
    for (const one of world.sellers.values()) {
      if (orderId !== undefined && one.orders.has(orderId)) return one.id
      if (shipmentId !== undefined && one.shipments.has(shipmentId)) return one.id
      if (returnId !== undefined && one.returns.has(returnId)) return one.id
      const items = orderItemId === undefined ? [] : [...one.shipments.values()]
      if (items.some((shipment) => shipment.items.some(({ id }) => id === orderItemId))) {
        return one.id
      }
    }
    return [...world.sellers.keys()][0] ?? ''
  }
  const verbs = Object.entries<Deed>(deeds).map(([name, { summary, body }]) => [
    name,
    controlVerb(summary, body, (given) => run(`verb/${name}`, accountOf(given), given)),
  ])
  return Object.fromEntries(verbs)
}

/** What the verbs do, what OAuth changes, and the touch of `shiftPages`. */
export const verbActs = (sessions: Sessions): Record<string, Act> => ({
  ...Object.fromEntries(
    Object.entries<Deed>({ ...moveDeeds, ...ownDeeds }).map(([name, { act }]): [string, Act] => [
      `verb/${name}`,
      (world, seller, body) => act({ world, seller, sessions }, body),
    ]),
  ),
  token: (world, seller, body) => sessions.token(seller, TokenAsk.parse(body), world.at()),
  code: (world, seller) => sessions.codeFor(seller, world.at()),
  touch: (world, seller, body) => {
    const shipment = seller.shipments.get(z.object({ id: z.string() }).parse(body).id)
    if (shipment) changeShipment(world, seller, shipment, () => {})
  },
})

const TokenAsk = z.object({
  grantType: z.string(),
  appId: z.string(),
  appSecret: z.string(),
  code: z.string(),
  refreshToken: z.string(),
})
const Where = z.object({
  account: z.string().optional(),
  externalAccountId: z.string().optional(),
  orderId: z.string().optional(),
  shipmentId: z.string().optional(),
  orderItemId: z.string().optional(),
  returnId: z.string().optional(),
})
const Which = z.strictObject({ account: z.string().optional() })
/** Without orders it is small enough to be asked again and again. */
const Books = z.strictObject({ account: z.string().optional(), orders: z.boolean().default(true) })
const Pushes = z.strictObject({
  account: z.string().optional(),
  url: z.string().optional(),
  failed: z.array(z.number().int()).default([]),
})
