/** Everything that changes the world from outside, by its name: writes of the API, and verbs. */
import type { Journal, SandboxAnswer } from 'robnu/testing'
import { z } from 'zod'
import type { Seller } from './model.ts'
import { refused } from './wire.ts'
import type { World } from './world.ts'

/** Answers a request, or throws what a verb's caller should read. */
export type Act = (world: World, seller: Seller, body: unknown) => unknown
export type Run = (operation: string, account: string, body: unknown) => unknown

/** Lives up to the present, writes down what is asked, and does it. */
export const createRun = (
  world: World,
  acts: Readonly<Record<string, Act>>,
  journal: Journal,
  now: () => number,
): Run => {
  const act = (operation: string, account: string, body: unknown): unknown => {
    const seller = world.sellers.get(account)
    const one = acts[operation]
    if (!seller || !one) throw new Error(`there is no "${operation}" of account "${account}"`)
    return one(world, seller, body)
  }
  for (const { at, operation, account, body } of journal.before) {
    world.catchUp(at)
    try {
      act(operation, account, body)
    } catch {
      // it was refused the first time, too
    }
  }
  return (operation, account, body) => {
    world.catchUp(now())
    journal.add({ at: world.at(), operation, account, body })
    return act(operation, account, body)
  }
}

/** A write whose body has this form; any other is a 400, and nothing is done. */
export const reading = <T>(
  schema: z.ZodType<T>,
  answer: (world: World, seller: Seller, body: T) => SandboxAnswer,
): Act =>
(world, seller, body) => {
  const read = schema.safeParse(body)
  if (read.success) return answer(world, seller, read.data)
  const isTooMany = read.error.issues.some(({ code }) => code === 'too_big')
  const code = isTooMany ? 'LIMIT_EXCEEDED' : 'INVALID_REQUEST'
  return refused(400, code, z.prettifyError(read.error))
}
