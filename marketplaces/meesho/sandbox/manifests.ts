/** Manifests: one courier's parcels of a day, picked up in the evening. */
import { randomFor, type SandboxAnswer } from 'robnu/testing'
import { addressOf } from './files.ts'
import { countDone, type Manifest, nextNumber, type Order, padded, type Supplier } from './model.ts'
import { pickUp } from './shipping.ts'
import { notFound, ok } from './wire.ts'
import { dayMs, dayOf, timeOfDay, timeText } from './words.ts'
import { changeOrder, type World } from './world.ts'

const cutOffHours = 17

interface Ask {
  readonly courier: string
  readonly sub_order_nos: readonly string[]
}

export const makeManifest = (world: World, supplier: Supplier, ask: Ask): SandboxAnswer => {
  const found: Order[] = []
  const excluded: object[] = []
  for (const no of new Set(ask.sub_order_nos)) {
    const order = supplier.orders.get(no)
    const code = order ? codeOf(order, ask.courier) : 'NOT_FOUND'
    if (order && code === undefined) found.push(order)
    else excluded.push({ sub_order_no: no, code, manifest_id: order?.manifest?.id ?? null })
  }
  if (found.length === 0) {
    const error = { code: 'EMPTY', message: 'No parcel is left for the manifest.' }
    return { status: 422, body: { error, excluded } }
  }
  const at = world.at()
  const daysLater = at > timeOfDay(at, cutOffHours) ? 1 : 0
  const manifest: Manifest = {
    id: `MM${supplier.mark}${padded(nextNumber(supplier, 'manifest'))}`,
    courier: ask.courier,
    date: dayOf(at + daysLater * dayMs),
    orders: found,
    at,
  }
  supplier.manifests.set(manifest.id, manifest)
  for (const order of found) {
    changeOrder(world, supplier, order, () => void (order.manifest = manifest))
    const random = randomFor(world.seed, `pick-up/${order.no}`)
    // one of ten is not found that evening
    const missed = random.chance(0.1) ? dayMs : 0
    const pickUpAt = timeOfDay(at, 18, daysLater) + missed + random.int(0, 3 * 3600) * 1000
    world.plan(pickUpAt, () => pickUp(world, supplier, order))
  }
  countDone(supplier, 'manifests')
  return { status: 201, body: { ...wireManifest(world, supplier, manifest), excluded } }
}

const codeOf = ({ status, packet, manifest }: Order, courier: string): string | undefined => {
  if (status === 'CANCELLED') return 'CANCELLED'
  if (manifest) return 'ALREADY_MANIFESTED'
  if (!packet || status !== 'READY_TO_SHIP') return 'NOT_READY'
  return packet.courier === courier ? undefined : 'OTHER_COURIER'
}

export const manifestOf = (world: World, supplier: Supplier, id: string): SandboxAnswer => {
  const manifest = supplier.manifests.get(id)
  return manifest ? ok(wireManifest(world, supplier, manifest)) : notFound()
}

/** Its address lives from the hour in which it is asked for. */
const wireManifest = (world: World, supplier: Supplier, manifest: Manifest): object => {
  const endsAt = world.at() + world.fileLifeMs
  return {
    manifest_id: manifest.id,
    courier: manifest.courier,
    date: manifest.date,
    parcels: manifest.orders.map(({ no, packet }) => ({
      ...{ sub_order_no: no, packet_id: packet?.id, awb: packet?.awb },
    })),
    url: addressOf(world, supplier, `manifest/${manifest.id}`, endsAt),
    expires_at: timeText(endsAt),
    updated_at: timeText(manifest.at),
  }
}
