/** Manifests: open ones are filled and emptied, closed ones wait for the courier. */
import { randomFor, type SandboxAnswer } from 'robnu/testing'
import { countDone, type Manifest, nextNumber, type Parcel, type Pob } from './model.ts'
import { readyWord, scan } from './shipping.ts'
import { notFound, ok, refused, wireManifest } from './wire.ts'
import { dayMs, dayOf, hourMs, timeOfDay } from './words.ts'
import { changeOrder, changeParcel, type World } from './world.ts'

const cutOffHours = 17.5
const mostParcels = 250

/** Every call makes one. */
export const openManifest = (world: World, pob: Pob, reference: string): Manifest => {
  const number = String(nextNumber(pob, 'manifest')).padStart(5, '0')
  const manifest: Manifest = {
    id: `MF${pob.mark}${number}`,
    reference,
    parcels: new Set(),
    closedAt: undefined,
    dispatchDate: undefined,
    updatedAt: world.at(),
  }
  pob.manifests.set(manifest.id, manifest)
  countDone(pob, 'createManifest')
  return manifest
}

/** Adds and takes away; all or nothing. */
export const fillManifest = (
  world: World,
  pob: Pob,
  manifest: Manifest,
  { add, remove }: { readonly add: readonly string[]; readonly remove: readonly string[] },
): SandboxAnswer => {
  if (manifest.closedAt !== undefined) {
    return refused(409, 'MANIFEST_CLOSED', 'A closed manifest is final.')
  }
  const added = add.map((id) => pob.parcels.get(id))
  const removed = remove.map((id) => pob.parcels.get(id))
  const unknown = [...add, ...remove].filter((id) => !pob.parcels.has(id))
  if (unknown.length > 0) {
    const errors = unknown.map((shipmentId) => ({ shipmentId, code: 'UNKNOWN_SHIPMENT' }))
    return refused(422, 'UNKNOWN_SHIPMENT', 'There is no such shipment.', { errors })
  }
  const after = new Set(manifest.parcels)
  for (const parcel of removed) if (parcel) after.delete(parcel)
  for (const parcel of added) {
    if (!parcel) continue
    if (parcel.status === 'Cancelled') {
      const more = { errors: [{ shipmentId: parcel.id, code: 'CANCELLED' }] }
      return refused(409, 'CANCELLED', 'A shipment is cancelled.', more)
    }
    if (parcel.manifest && parcel.manifest !== manifest) {
      const more = { errors: [{ shipmentId: parcel.id, code: 'IN_OTHER_MANIFEST' }] }
      return refused(409, 'IN_OTHER_MANIFEST', 'A shipment is in another manifest.', more)
    }
    after.add(parcel)
  }
  if (after.size > mostParcels) {
    return refused(409, 'MANIFEST_FULL', `A manifest holds ${mostParcels} shipments.`)
  }
  if (putInto(world, pob, manifest, after)) countDone(pob, 'manifestShipments')
  return ok(wireManifest(manifest))
}

const putInto = (
  world: World,
  pob: Pob,
  manifest: Manifest,
  after: ReadonlySet<Parcel>,
): boolean => {
  const changed = [...new Set([...manifest.parcels, ...after])].filter((parcel) =>
    manifest.parcels.has(parcel) !== after.has(parcel)
  )
  for (const parcel of changed) {
    changeOrder(world, pob, parcel.order, () => {
      parcel.manifest = after.has(parcel) ? manifest : undefined
      parcel.updatedAt = world.at()
      if (after.has(parcel)) manifest.parcels.add(parcel)
      else manifest.parcels.delete(parcel)
    })
  }
  if (changed.length > 0) manifest.updatedAt = world.at()
  return changed.length > 0
}

/** Closed again: the same answer. After the cut-off it counts as the next day's. */
export const closeManifest = (world: World, pob: Pob, manifest: Manifest): SandboxAnswer => {
  if (manifest.closedAt !== undefined) return ok(wireManifest(manifest))
  if (manifest.parcels.size === 0) {
    return refused(409, 'MANIFEST_EMPTY', 'There is no shipment in the manifest.')
  }
  const at = world.at()
  const isLate = at > timeOfDay(at, cutOffHours)
  manifest.closedAt = at
  manifest.updatedAt = at
  manifest.dispatchDate = dayOf(isLate ? at + dayMs : at)
  const evening = timeOfDay(at, 18, isLate ? 1 : 0)
  for (const parcel of manifest.parcels) {
    const { order } = parcel
    changeParcel(world, pob, parcel, 'Manifested', readyWord(order))
    const random = randomFor(world.seed, `scan/${order.no}`)
    // one of ten is not found that evening
    const missed = random.chance(0.1) ? dayMs : 0
    const scanAt = evening + missed + random.int(0, 3 * hourMs / 1000) * 1000
    world.plan(scanAt, () => scan(world, pob, parcel))
  }
  countDone(pob, 'closeManifest')
  return ok(wireManifest(manifest))
}

export const manifestOr404 = (
  pob: Pob,
  id: string,
  use: (manifest: Manifest) => SandboxAnswer,
): SandboxAnswer => {
  const manifest = pob.manifests.get(id)
  return manifest ? use(manifest) : notFound()
}
