/** Everything that changes the world from outside, by its name: writes of the gateway, and verbs. */
import type { Journal, SandboxAnswer } from 'robnu/testing'
import { z } from 'zod'
import { closeManifest, fillManifest, manifestOr404, openManifest } from './manifests.ts'
import { countDone, type Order, type Pob } from './model.ts'
import { acknowledge, cancelLines } from './orders.ts'
import { moveReturn } from './returning.ts'
import type { Sessions } from './session.ts'
import { pack } from './shipping.ts'
import { putStock } from './stock.ts'
import { notFound, ok, refused, wireManifest } from './wire.ts'
import type { World } from './world.ts'

/** Answers a request, or throws what a verb's caller should read. */
export type Act = (world: World, pob: Pob, body: unknown) => unknown
export type Run = (operation: string, pob: string, body: unknown) => unknown

/** Lives up to the present, writes down what is asked, and does it. */
export const createRun = (
  world: World,
  acts: Readonly<Record<string, Act>>,
  journal: Journal,
  now: () => number,
): Run => {
  const act = (operation: string, pobId: string, body: unknown): unknown => {
    const pob = world.pobs.get(pobId)
    const one = acts[operation]
    if (!pob || !one) throw new Error(`there is no "${operation}" of POB "${pobId}"`)
    return one(world, pob, body)
  }
  for (const { at, operation, account: pob, body } of journal.before) {
    world.catchUp(at)
    try {
      act(operation, pob, body)
    } catch {
      // it was refused the first time, too
    }
  }
  return (operation, pob, body) => {
    world.catchUp(now())
    journal.add({ at: world.at(), operation, account: pob, body })
    return act(operation, pob, body)
  }
}

/** The writes of the gateway; a body that is none is a 400, which no adapter should ever see. */
export const writeActs = (sessions: Sessions): Record<string, Act> => ({
  refresh: reading(Refresh, (world, _pob, body) => {
    const pair = sessions.refresh(body, world.at())
    return pair ? ok(pair) : refused(401, 'SESSION_DEAD', 'The session is over: connect anew.')
  }),
  acknowledge: reading(Acknowledge, (world, pob, { lines }) => acknowledge(world, pob, lines)),
  cancel: reading(
    Cancel,
    (world, pob, { id, lines }) =>
      orderOr404(pob, id, (order) => cancelLines(world, pob, order, lines)),
  ),
  createShipment: reading(
    Pack,
    (world, pob, ask) => orderOr404(pob, ask.custOrderNo, (order) => pack(world, pob, order, ask)),
  ),
  createManifest: reading(
    CreateManifest,
    (world, pob, { storeCode, reference }) =>
      storeCode === pob.storeCode
        ? ok(wireManifest(openManifest(world, pob, reference)))
        : mismatch(),
  ),
  manifestShipments: reading(
    Fill,
    (world, pob, { id, ...change }) =>
      manifestOr404(pob, id, (manifest) => fillManifest(world, pob, manifest, change)),
  ),
  closeManifest: reading(
    Close,
    (world, pob, { id }) =>
      manifestOr404(pob, id, (manifest) => closeManifest(world, pob, manifest)),
  ),
  processed: reading(Processed, (world, pob, { id, disposition }) => {
    const one = pob.returns.get(id)
    if (!one) return notFound()
    if (one.status === 'RETURN_DELIVERED') {
      moveReturn(world, pob, one, 'RETURN_PROCESSED', disposition)
      countDone(pob, 'processed')
    }
    const isPast = one.status === 'RETURN_PROCESSED' || one.status === 'CREDIT_NOTE_CREATED'
    if (!isPast) return refused(409, 'NOT_DELIVERED', 'The return has not come yet.')
    return ok(pob.logs.returns.view(one, world.at()))
  }),
  putInventory: reading(
    PutInventory,
    (_world, pob, { storeCode, items }) =>
      storeCode === pob.storeCode ? putStock(pob, items) : mismatch(),
  ),
})

export const mismatch = (): SandboxAnswer =>
  refused(403, 'POB_MISMATCH', 'The token belongs to another POB or store.')

const reading = <T>(
  schema: z.ZodType<T>,
  answer: (world: World, pob: Pob, body: T) => SandboxAnswer,
): Act =>
(world, pob, body) => {
  const read = schema.safeParse(body)
  if (!read.success) return refused(400, 'MALFORMED', z.prettifyError(read.error))
  return answer(world, pob, read.data)
}

const orderOr404 = (
  pob: Pob,
  id: string,
  use: (order: Order) => SandboxAnswer,
): SandboxAnswer => {
  const order = pob.orders.get(id)
  return order ? use(order) : notFound()
}

const text = z.string().min(1).max(100)
const quantity = z.number().int().min(1)
const lineKey = { sellerOrderNo: text, jioCode: text }
const Refresh = z.object({ refresh_token: z.string(), session_context: z.string() })
const Acknowledge = z.object({
  lines: z.array(
    z.object({ custOrderNo: text, ...lineKey, confirmedQty: z.number().int().min(0) }),
  ).min(1),
})
const Cancel = z.object({
  id: text,
  lines: z.array(z.object({ ...lineKey, quantity })).min(1),
  reason: text,
})
const Pack = z.object({
  custOrderNo: text,
  sellerInvoiceNo: text,
  sellerInvoiceDate: z.iso.date(),
  box: z.object({
    weightGrams: quantity,
    lengthCm: z.number().positive(),
    breadthCm: z.number().positive(),
    heightCm: z.number().positive(),
  }),
  lines: z.array(z.object({ ...lineKey, quantity })).min(1),
})
const CreateManifest = z.object({ storeCode: text, reference: text })
const Fill = z.object({
  id: text,
  add: z.array(text).default([]),
  remove: z.array(text).default([]),
})
const Close = z.object({ id: text })
const Processed = z.object({ id: text, disposition: text })
const PutInventory = z.object({
  storeCode: text,
  items: z.array(z.object({
    ean: z.string().nullish(),
    sellerSku: text,
    quantity: z.number().int().min(0),
  })).min(1).max(500),
})
