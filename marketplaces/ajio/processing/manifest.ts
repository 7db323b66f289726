/** Stage 10: packages into manifests of at most 250. */
import type { BatchOrder, ManifestChanges, ManifestRow, StepResult } from 'robnu/plugin'
import { z } from 'zod'
import type { Manifest } from '../answers.ts'
import { toShipmentRow } from '../orders.ts'
import { kebab, wordsOf } from '../refusals.ts'
import { shipmentState } from '../states.ts'
import { type Desk, done, holdBy, started, unlessMissing } from './desk.ts'
import { shipmentIdOf } from './parcel.ts'

const maxShipments = 250

const Manifested = z.object({ manifestId: z.string() })

/** Undefined: the order is in none. */
export const manifestIdOf = (desk: Desk, { id }: BatchOrder): string | undefined => {
  const output = Manifested.safeParse(desk.output('manifest', id))
  return output.success ? output.data.manifestId : undefined
}

export const toManifestRow = (manifest: Manifest): ManifestRow => ({
  externalId: manifest.manifestId,
  state: manifest.status,
  dispatchDate: manifest.dispatchDate,
  updatedAt: manifest.updatedAt,
  shipmentExternalIds: manifest.shipments,
})

export async function* manifest(desk: Desk): AsyncGenerator<StepResult> {
  const { manifestChanges } = desk.batch
  if (manifestChanges && !desk.isDone('manifest', null)) yield* change(desk, manifestChanges)
  const useless = new Set<string>()
  while (desk.ready('manifest').length > 0) {
    if (!desk.inDoubt('manifest', null)) yield started('manifest', null)
    const open = await manifestWithRoom(desk, useless)
    const orders = desk.ready('manifest')
    // what a lost answer has put in already needs no room and no write
    const inside = new Set(open.shipments)
    const isInside = (order: BatchOrder) => inside.has(shipmentIdOf(desk, order))
    const outside = orders.filter((order) => !isInside(order))
      .slice(0, maxShipments - open.shipments.length)
    if (outside.length === 0) {
      yield* put(orders.filter(isInside), open)
      useless.add(open.manifestId)
      continue
    }
    const add = outside.map((order) => shipmentIdOf(desk, order))
    const outcome = await desk.transport.fillManifest(open.manifestId, { add, remove: [] })
    if ('value' in outcome) yield* put([...orders.filter(isInside), ...outside], outcome.value)
    else {
      const { code } = outcome.refused
      if (code === 'MANIFEST_CLOSED' || code === 'MANIFEST_FULL') useless.add(open.manifestId)
      else yield* sortOut(desk, outside, code)
    }
  }
  if (desk.inDoubt('manifest', null)) yield done('manifest', null)
}

/** What a person wants in, or out. Only what is not so already is asked for, also after a lost answer. */
async function* change(
  desk: Desk,
  { externalId, add, remove }: ManifestChanges,
): AsyncGenerator<StepResult> {
  const { transport } = desk
  if (!desk.inDoubt('manifest', null)) yield started('manifest', null)
  const found = await unlessMissing(transport.manifest(externalId))
  if (!found) return yield refused(externalId, 'NOT_FOUND')
  const inside = new Set(found.shipments)
  const lacking = {
    add: add.filter((id) => !inside.has(id)),
    remove: remove.filter((id) => inside.has(id)),
  }
  const outcome = lacking.add.length + lacking.remove.length === 0
    ? { value: found }
    : await transport.fillManifest(externalId, lacking)
  if ('value' in outcome) {
    yield done('manifest', null, { manifest: toManifestRow(outcome.value) })
  } else yield { ...refused(externalId, outcome.refused.code), manifest: toManifestRow(found) }
}

const refused = (externalId: string, code: string): StepResult => ({
  ...{ step: 'manifest', order: null, outcome: 'failed', code: kebab(code) },
  message: `Cannot change manifest ${externalId}: ${wordsOf(code)}`,
})

/** An open one of the account, else the batch's own: found by its reference, or made. */
const manifestWithRoom = async (desk: Desk, useless: ReadonlySet<string>): Promise<Manifest> => {
  const hasRoom = (one: Manifest) =>
    one.status === 'OPEN' && one.shipments.length < maxShipments && !useless.has(one.manifestId)
  for (const { externalId } of desk.batch.openManifests) {
    if (useless.has(externalId)) continue
    const found = await unlessMissing(desk.transport.manifest(externalId))
    if (found && hasRoom(found)) return found
  }
  for (let number = 1;; number++) {
    const reference = number === 1 ? desk.batch.id : `${desk.batch.id}-${number}`
    const made = await desk.transport.manifests(reference)
    const found = made.find(hasRoom)
    if (found) return found
    if (made.length === 0) return await desk.transport.createManifest(reference)
  }
}

function* put(orders: readonly BatchOrder[], into: Manifest): Generator<StepResult> {
  yield done('manifest', null, { manifest: toManifestRow(into) })
  const output = { manifestId: into.manifestId }
  for (const { id } of orders) yield done('manifest', id, { output })
}

/** The list was refused whole: each package says by itself where it is. */
async function* sortOut(
  desk: Desk,
  orders: readonly BatchOrder[],
  code: string,
): AsyncGenerator<StepResult> {
  let moved = false
  for (const order of orders) {
    const parcel = await unlessMissing(desk.transport.shipment(shipmentIdOf(desk, order)))
    const cancelled = parcel && shipmentState(parcel.status) === 'CANCELLED'
    if (!parcel) yield holdBy('manifest', order, 'UNKNOWN_SHIPMENT')
    else if (cancelled) {
      yield { ...holdBy('manifest', order, 'CANCELLED'), shipment: toShipmentRow(parcel) }
    } else if (parcel.manifestId !== null) {
      const output = { manifestId: parcel.manifestId }
      yield done('manifest', order.id, { output, shipment: toShipmentRow(parcel) })
    } else continue
    moved = true
  }
  if (moved) return
  // each one seems fine, and the list is refused all the same
  for (const order of orders) yield holdBy('manifest', order, code)
}
