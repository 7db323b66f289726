/** The control plane: what a test, or a person, may do to the world of a running sandbox. */
import { type ControlVerb, controlVerb, type Moves } from 'robnu/testing'
import { z } from 'zod'
import { moneyDeeds } from './money-acts.ts'
import { type Deed, orderDeeds } from './order-acts.ts'
import type { SignIn } from './sign-in.ts'
import type { World } from './world.ts'

/** Those that every sandbox has. */
export const createMoves = (world: World, signIn: SignIn): Moves => {
  const { cancelLabel: _, ...moves } = orderDeeds
  return {
    ...verbsOf(moves, world),
    ...verbsOf(moneyDeeds, world),
    revokeToken: signIn.revokeToken,
  }
}

/** Of Amazon alone. */
export const createVerbs = (world: World): Readonly<Record<string, ControlVerb>> => ({
  ...verbsOf({ cancelLabel: orderDeeds.cancelLabel }, world),
})

/** Each runs as an act of the partner that is named, whose order is named, or of the first. */
const verbsOf = <Name extends string>(
  deeds: Readonly<Record<Name, Deed>>,
  world: World,
): Record<Name, ControlVerb> => {
  const verbs = Object.entries<Deed>(deeds).map(([name, { summary, body }]) => [
    name,
    controlVerb(summary, body, (given) => {
      world.catchUp()
      return world.run(`verb/${name}`, partnerOf(world, given), given)
    }),
  ])
  return Object.fromEntries(verbs)
}

const partnerOf = ({ partners }: World, body: unknown): string => {
  const { partner, orderId } = Where.parse(body)
  if (partner !== undefined) return partner
  for (const { id, books } of partners.values()) {
    if (orderId !== undefined && books.find(orderId)) return id
  }
  return [...partners.keys()][0] ?? ''
}

const Where = z.object({ partner: z.string().optional(), orderId: z.string().optional() })
