/**
 * Stages 3 and 4: the packing slip, which is the seller's own, and Meesho's label with the invoice on
 * it, which also makes the parcel. Labels are jobs of at most 50: asked for, and fetched by a later
 * attempt.
 */
import { type BatchOrder, failureOf, type StepResult } from 'robnu/plugin'
import { z } from 'zod'
import type { Job, SubOrder } from '../answers.ts'
import { notReady } from '../documents.ts'
import { toShipmentRow } from '../orders.ts'
import { chunksOf, type Desk, done, hold, holdBy, started } from './desk.ts'

const maxLabels = 50
/** A job takes about a minute; one that is not done after this long never is. */
const patienceMs = 6 * 3_600_000
/** How often labels are asked for when a job fails for no reason that it tells. */
const mostTries = 3

export async function* pack(desk: Desk): AsyncGenerator<StepResult> {
  for (const { id } of desk.ready('pack')) yield done('pack', id, { render: ['PACKING_SLIP'] })
}

/** What a later attempt has to know. */
const Jobs = z.object({
  jobs: z.array(z.object({
    id: z.string(),
    orders: z.array(z.string()),
    since: z.iso.datetime(),
  })),
  /** By the id of the order: jobs that failed without a reason. */
  failures: z.record(z.string(), z.number()),
})
type Jobs = z.infer<typeof Jobs>

export async function* label(desk: Desk): AsyncGenerator<StepResult> {
  const known = Jobs.safeParse(desk.output('label', null))
  const state: Jobs = known.success ? known.data : { jobs: [], failures: {} }
  yield* askFor(desk, state)
  let changed = false
  for (const job of [...state.jobs]) {
    const left = yield* settle(desk, state, job)
    if (left === 'waits') continue
    changed = true
    state.jobs.splice(state.jobs.indexOf(job), 1)
  }
  if (desk.ready('label').length > 0) {
    if (changed) yield started('label', null, copyOf(state))
    throw notReady('Cannot fetch the labels yet: Meesho has not made all of them')
  }
  if (desk.inDoubt('label', null)) yield done('label', null, { output: copyOf(state) })
}

const copyOf = ({ jobs, failures }: Jobs): Jobs => ({ jobs: [...jobs], failures: { ...failures } })

/** A question whose answer was lost is put again: for the same set Meesho answers with the same job. */
async function* askFor(desk: Desk, state: Jobs): AsyncGenerator<StepResult> {
  const inHand = new Set(state.jobs.flatMap(({ orders }) => orders))
  const without = desk.ready('label').filter(({ id }) => !inHand.has(id))
  for (const orders of chunksOf(without, maxLabels)) {
    if (!desk.inDoubt('label', null)) yield started('label', null, copyOf(state))
    const id = await desk.transport.askLabels(orders.map(({ externalId }) => externalId))
    const since = desk.now().toISOString()
    state.jobs.push({ id, orders: orders.map((order) => order.id), since })
    yield started('label', null, copyOf(state))
  }
}

/** Whether the job is still to be waited for, or is over: then what is left of it is asked for anew. */
async function* settle(
  desk: Desk,
  { failures }: Jobs,
  { id, orders: ids, since }: Jobs['jobs'][number],
): AsyncGenerator<StepResult, 'waits' | 'over'> {
  const orders = desk.ready('label').filter((order) => ids.includes(order.id))
  if (orders.length === 0) return 'over'
  const job = await unlessMissing(desk.transport.job(id))
  // it is forgotten a day after it was done
  if (!job) return 'over'
  if (job.status === 'RUNNING') {
    if (desk.now().getTime() - Date.parse(since) <= patienceMs) return 'waits'
    for (const order of orders) yield hold('label', order, 'label-not-made', notMade)
    return 'over'
  }
  const refused = new Map(job.failed?.map((one) => [one.sub_order_no, one.code]))
  for (const order of orders) {
    const code = refused.get(order.externalId)
    if (code !== undefined) yield holdBy('label', order, code)
  }
  yield* fetchAll(desk, job, orders.filter(({ externalId }) => !refused.has(externalId)))
  for (const order of desk.ready('label').filter((one) => ids.includes(one.id))) {
    // an address that is over is asked for anew as often as need be
    if (job.status === 'DONE' && labelOf(job, order)) continue
    const tries = (failures[order.id] ?? 0) + 1
    failures[order.id] = tries
    if (tries >= mostTries) yield hold('label', order, 'label-not-made', notMade)
  }
  return 'over'
}

const notMade = 'Cannot go on with the order: Meesho does not make its label, ask its support'

const labelOf = ({ labels }: Job, { externalId }: BatchOrder) =>
  labels?.find(({ sub_order_no }) => sub_order_no === externalId)

async function* fetchAll(
  desk: Desk,
  job: Job,
  orders: readonly BatchOrder[],
): AsyncGenerator<StepResult> {
  const dies = job.expires_at?.getTime() ?? 0
  const made = orders.filter((order) => job.status === 'DONE' && labelOf(job, order))
  if (made.length === 0 || dies <= desk.now().getTime()) return
  const found = await desk.read(made)
  for (const order of made) {
    const parcel = found.get(order.externalId)
    const url = labelOf(job, order)?.url
    if (!parcel) yield holdBy('label', order, 'NOT_FOUND')
    else if (parcel.packet_id === null || url === undefined) {
      // it was cancelled meanwhile, or begins anew
      yield holdBy('label', order, parcel.status === 'CANCELLED' ? 'CANCELLED' : 'NOT_READY')
    } else {
      const result = await fetchOne(desk, order, parcel, parcel.packet_id, url)
      if (!result) return
      yield result
    }
  }
}

/** Undefined: the address is over. */
const fetchOne = async (
  desk: Desk,
  { id }: BatchOrder,
  parcel: SubOrder,
  packetId: string,
  url: string,
): Promise<StepResult | undefined> => {
  try {
    const download = await desk.transport.file(url)
    return done('label', id, {
      status: 'READY_TO_SHIP',
      shipment: toShipmentRow(parcel, packetId),
      // one paper is both
      documents: [{ type: 'LABEL', download }, { type: 'CUSTOMER_INVOICE', download }],
    })
  } catch (error) {
    if (failureOf(error)?.code === 'expired') return undefined
    throw error
  }
}

/** Undefined where Meesho does not know the thing; every other failure goes on. */
const unlessMissing = <T>(asked: Promise<T>): Promise<T | undefined> =>
  asked.catch((error: unknown) => {
    if (failureOf(error)?.code === 'not-found') return undefined
    throw error
  })
