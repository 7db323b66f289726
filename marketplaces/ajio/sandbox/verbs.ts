/** The control plane of AJIO's own: what a test, or a person, may do to orders, returns and tokens. */
import { absent, type ControlVerb, controlVerb, type Moves } from 'robnu/testing'
import { z } from 'zod'
import { booksOf } from './books.ts'
import type { Act, Run } from './commands.ts'
import { type Deed, moveDeeds, ownDeeds } from './deeds.ts'
import type { Sessions } from './session.ts'
import { settlementNo } from './wire.ts'
import { changeOrder, changeReturn, type World } from './world.ts'

/** Of every marketplace; each runs as an act of one POB, so that a restart repeats it. */
export const createMoves = (world: World, run: Run): Moves => ({
  ...verbsOf(moveDeeds, world, run),
  pickUpComplete: absent('AJIO tells pick-up and departure by one word: take "shipped"'),
})

/** Of AJIO alone. */
export const createVerbs = (
  world: World,
  run: Run,
  now: () => number,
): Record<string, ControlVerb> => ({
  ...verbsOf(ownDeeds, world, run),
  books: controlVerb('what the sandbox knows to be true', Books, ({ pob, orders }) => {
    world.catchUp(now())
    const asked = [...world.pobs.values()].filter(({ id }) => pob === undefined || id === pob)
    return { pobs: Object.fromEntries(asked.map((one) => [one.id, booksOf(one, orders)])) }
  }),
})

const verbsOf = <Name extends string>(
  deeds: Readonly<Record<Name, Deed>>,
  world: World,
  run: Run,
): Record<Name, ControlVerb> => {
  const pobOf = (body: unknown): string => {
    const { pob, orderId, returnOrderNo } = Where.parse(body)
    if (pob !== undefined) return pob
    for (const one of world.pobs.values()) {
      if (orderId !== undefined && one.orders.has(orderId)) return one.id
      if (returnOrderNo !== undefined && one.returns.has(returnOrderNo)) return one.id
    }
    return [...world.pobs.keys()][0] ?? ''
  }
  const verbs = Object.entries<Deed>(deeds).map(([name, { summary, body }]) => [
    name,
    controlVerb(summary, body, (given) => run(`verb/${name}`, pobOf(given), given)),
  ])
  return Object.fromEntries(verbs)
}

/** What the verbs do, and the touch of `shiftPages`. */
export const verbActs = (sessions: Sessions): Record<string, Act> => ({
  ...Object.fromEntries(
    Object.entries<Deed>({ ...moveDeeds, ...ownDeeds }).map(([name, { act }]): [string, Act] => [
      `verb/${name}`,
      (world, pob, body) => act({ world, pob, sessions }, body),
    ]),
  ),
  touch: (world, pob, body) => {
    const { kind, key } = Touch.parse(body)
    const order = kind === 'orders' ? pob.orders.get(key) : undefined
    const one = kind === 'returns' ? pob.returns.get(key) : undefined
    if (order) changeOrder(world, pob, order, () => {})
    else if (one) changeReturn(world, pob, one, () => {})
    else {
      const found = pob.settlements.find((each) => settlementNo(each) === key)
      if (found) pob.logs.settlements.change(found, world.at(), () => {})
    }
  },
})

const Where = z.object({
  pob: z.string().optional(),
  orderId: z.string().optional(),
  returnOrderNo: z.string().optional(),
})
/** Without orders it is small enough to be asked again and again. */
const Books = z.strictObject({ pob: z.string().optional(), orders: z.boolean().default(true) })
const Touch = z.object({ kind: z.enum(['orders', 'returns', 'settlements']), key: z.string() })
