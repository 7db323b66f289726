/**
 * Stages 5 to 7: the last look, and a manifest for each courier. Meesho makes a manifest whole and hands
 * it over at once: there is none that is open, and nothing to close.
 */
import { type BatchOrder, failureOf, type ManifestRow, type StepResult } from 'robnu/plugin'
import { z } from 'zod'
import type { Excluded, Manifest, SubOrder } from '../answers.ts'
import { stateOf, toShipmentRow } from '../orders.ts'
import { chunksOf, type Desk, done, hold, holdBy, maxAsked, started } from './desk.ts'

/** The last look before the parcel is handed over: a buyer may have called it off meanwhile. */
export async function* check(desk: Desk): AsyncGenerator<StepResult> {
  const orders = desk.ready('check')
  const found = await desk.read(orders)
  for (const order of orders) yield looked(order, found.get(order.externalId))
}

const looked = (order: BatchOrder, found: SubOrder | undefined): StepResult => {
  if (!found) return holdBy('check', order, 'NOT_FOUND')
  if (found.packet_id === null) {
    const isGone = stateOf(found) === 'CANCELLED'
    return holdBy('check', order, isGone ? 'CANCELLED' : 'NOT_READY')
  }
  const shipment = toShipmentRow(found, found.packet_id)
  if (stateOf(found) === 'CANCELLED') return { ...holdBy('check', order, 'CANCELLED'), shipment }
  if (found.awb === null || found.courier === null) {
    return hold('check', order, 'awb-missing', noAwb)
  }
  const confirmed = order.lines.reduce((sum, line) => sum + line.confirmedQuantity, 0)
  if (confirmed !== found.quantity) return hold('check', order, 'qty-mismatch', otherQuantity)
  return done('check', order.id, { status: shipment.status ?? 'READY_TO_SHIP', shipment })
}

const noAwb =
  'Cannot hand over the order: Meesho has given its parcel no courier or waybill, start it again later'
const otherQuantity =
  'Cannot hand over the order: Meesho has another quantity of it, sync the orders and start it again'

export async function* manifest(desk: Desk): AsyncGenerator<StepResult> {
  const { manifestChanges, closure } = desk.batch
  if (manifestChanges) yield unchangeable(manifestChanges.externalId)
  if (desk.ready('manifest').length === 0) {
    if (desk.inDoubt('manifest', null)) yield done('manifest', null)
    return
  }
  // whatever a lost answer, or a person at the panel, has put into a manifest already stays there
  const found = await desk.read(desk.ready('manifest'))
  yield* putKnown(desk, found)
  if (closure === 'MANUAL') {
    for (const { id } of desk.ready('manifest')) yield done('manifest', id, { message: leftOut })
    return
  }
  const byCourier = Map.groupBy(
    desk.ready('manifest'),
    ({ externalId }) => found.get(externalId)?.courier ?? '',
  )
  for (const [courier, all] of byCourier) {
    for (const orders of chunksOf(all, maxAsked)) yield* make(desk, courier, orders)
  }
}

const leftOut = 'The label is there; the parcel comes into a manifest with the next batch'

const unchangeable = (externalId: string): StepResult => ({
  ...{ step: 'manifest', order: null, outcome: 'failed', code: 'manifest-closed' },
  message: `Cannot change manifest ${externalId}: Meesho hands over what it holds at once`,
})

type Found = ReadonlyMap<string, SubOrder>

async function* putKnown(desk: Desk, found: Found): AsyncGenerator<StepResult> {
  const byManifest = Map.groupBy(
    desk.ready('manifest'),
    ({ externalId }) => found.get(externalId)?.manifest_id ?? null,
  )
  for (const [id, orders] of byManifest) {
    if (id !== null) yield* put(await desk.transport.manifest(id), orders)
  }
  for (const order of desk.ready('manifest')) {
    const told = found.get(order.externalId)
    const state = told ? stateOf(told) : null
    if (!told) yield holdBy('manifest', order, 'NOT_FOUND')
    else if (state === 'CANCELLED') yield holdBy('manifest', order, 'CANCELLED')
    else if (told.courier === null) yield hold('manifest', order, 'awb-missing', noAwb)
    // it was picked up without one
    else if (state !== null && !['READY_TO_SHIP', 'ACKNOWLEDGED', 'NEW'].includes(state)) {
      yield done('manifest', order.id, { status: state })
    }
  }
}

async function* make(
  desk: Desk,
  courier: string,
  orders: readonly BatchOrder[],
): AsyncGenerator<StepResult> {
  if (!desk.inDoubt('manifest', null)) yield started('manifest', null)
  const numbers = orders.map(({ externalId }) => externalId)
  const outcome = await desk.transport.createManifest(courier, numbers)
  const excluded = 'value' in outcome ? outcome.value.excluded : outcome.refused.excluded
  if ('value' in outcome) {
    const inside = numbersIn(outcome.value)
    yield* put(outcome.value, orders.filter(({ externalId }) => inside.has(externalId)))
  }
  yield* sortOut(
    desk,
    orders,
    excluded ?? [],
    'value' in outcome ? 'EMPTY' : outcome.refused.error.code,
  )
  // nothing was made, and nobody has to wonder
  if (desk.inDoubt('manifest', null)) yield done('manifest', null)
}

/** Each order that is not in the manifest says why. */
async function* sortOut(
  desk: Desk,
  orders: readonly BatchOrder[],
  excluded: readonly Excluded[],
  otherwise: string,
): AsyncGenerator<StepResult> {
  const waiting = new Set(desk.ready('manifest').map(({ id }) => id))
  for (const order of orders.filter(({ id }) => waiting.has(id))) {
    const why = excluded.find((one) => one.sub_order_no === order.externalId)
    const inOther = why?.code === 'ALREADY_MANIFESTED' ? why.manifest_id : null
    if (inOther !== null) yield* put(await desk.transport.manifest(inOther), [order])
    else yield holdBy('manifest', order, why?.code ?? otherwise)
  }
}

/** The manifest itself, and those orders of ours that it holds. */
function* put(told: Manifest, orders: readonly BatchOrder[]): Generator<StepResult> {
  yield done('manifest', null, { manifest: toManifestRow(told) })
  const inside = numbersIn(told)
  const output = { manifestId: told.manifest_id }
  for (const order of orders) {
    yield inside.has(order.externalId)
      ? done('manifest', order.id, { output, status: 'MANIFESTED' })
      : holdBy('manifest', order, 'NOT_IN_MANIFEST')
  }
}

const numbersIn = ({ parcels }: Manifest): ReadonlySet<string> =>
  new Set(parcels.map(({ sub_order_no: no }) => no))

const toManifestRow = (told: Manifest): ManifestRow => ({
  externalId: told.manifest_id,
  state: 'CLOSED',
  dispatchDate: told.date,
  updatedAt: told.updated_at,
  shipmentExternalIds: [...new Set(told.parcels.map(({ packet_id: packet }) => packet))],
})

const Closed = z.object({ closed: z.array(z.string()) })

/** A manifest is closed from its beginning: it is read, so that the ledger knows it as that. */
export async function* close(desk: Desk): AsyncGenerator<StepResult> {
  const known = Closed.safeParse(desk.output('close', null))
  const closed = new Set(known.success ? known.data.closed : [])
  for (const id of desk.batch.closeManifests.filter((one) => !closed.has(one))) {
    const told = await desk.transport.manifest(id).catch((error: unknown) => {
      if (failureOf(error)?.code === 'not-found') return undefined
      throw error
    })
    const output = { closed: [...closed.add(id)] }
    yield told
      ? done('close', null, { manifest: toManifestRow(told), output })
      : done('close', null, { message: `Cannot close manifest ${id}: Meesho has none`, output })
  }
}
