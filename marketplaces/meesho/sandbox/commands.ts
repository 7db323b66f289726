/** Everything that changes the world from outside, by its name: writes of the gateway, and verbs. */
import type { Journal, SandboxAnswer } from 'robnu/testing'
import { z } from 'zod'
import { askForLabels } from './labels.ts'
import { makeManifest } from './manifests.ts'
import type { Supplier } from './model.ts'
import { acceptOrders, cancelAsked } from './orders.ts'
import { putStock } from './stock.ts'
import { notFound, refused } from './wire.ts'
import type { World } from './world.ts'

/** Answers a request, or throws what a verb's caller should read. */
export type Act = (world: World, supplier: Supplier, body: unknown) => unknown
export type Run = (operation: string, supplier: string, body: unknown) => unknown

/** Lives up to the present, writes down what is asked, and does it. */
export const createRun = (
  world: World,
  acts: Readonly<Record<string, Act>>,
  journal: Journal,
  now: () => number,
): Run => {
  const act = (operation: string, id: string, body: unknown): unknown => {
    const supplier = world.suppliers.get(id)
    const one = acts[operation]
    if (!supplier || !one) throw new Error(`there is no "${operation}" of supplier "${id}"`)
    return one(world, supplier, body)
  }
  for (const { at, operation, account: supplier, body } of journal.before) {
    world.catchUp(at)
    try {
      act(operation, supplier, body)
    } catch {
      // it was refused the first time, too
    }
  }
  return (operation, supplier, body) => {
    world.catchUp(now())
    journal.add({ at: world.at(), operation, account: supplier, body })
    return act(operation, supplier, body)
  }
}

const reading = <T>(
  schema: z.ZodType<T>,
  answer: (world: World, supplier: Supplier, body: T) => SandboxAnswer,
): Act =>
(world, supplier, body) => {
  const read = schema.safeParse(body)
  if (!read.success) return refused(400, 'MALFORMED', z.prettifyError(read.error))
  return answer(world, supplier, read.data)
}

const text = z.string().min(1).max(100)
const numbersUpTo = (most: number) => z.array(text).min(1).max(most)
const Accept = z.object({ sub_order_nos: numbersUpTo(100) })
const Cancel = z.object({
  sub_order_no: text,
  reason_code: z.enum(['OUT_OF_STOCK', 'PRICING_ERROR', 'OTHER']),
})
const Labels = z.object({ sub_order_nos: numbersUpTo(50) })
const MakeManifest = z.object({ courier: text, sub_order_nos: numbersUpTo(100) })
const PutInventory = z.object({
  location_external_identifier: text,
  items: z.array(z.object({
    sku: text,
    size: z.string().max(100),
    quantity: z.number().int().min(0).max(1_000_000),
  })).min(1).max(50),
})

/** The writes of the gateway; a body that is none is a 400, which no adapter should ever see. */
export const writeActs: Readonly<Record<string, Act>> = {
  accept: reading(
    Accept,
    (world, supplier, body) => acceptOrders(world, supplier, body.sub_order_nos),
  ),
  cancel: reading(Cancel, (world, supplier, { sub_order_no }) => {
    const order = supplier.orders.get(sub_order_no)
    return order ? cancelAsked(world, supplier, order) : notFound()
  }),
  labels: reading(
    Labels,
    (world, supplier, body) => askForLabels(world, supplier, body.sub_order_nos),
  ),
  manifests: reading(MakeManifest, makeManifest),
  putInventory: reading(PutInventory, (_world, supplier, body) => putStock(supplier, body)),
}
