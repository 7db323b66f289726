/**
 * Hand-over. Amazon keeps no manifests: ours is the list that goes with the courier, made and closed
 * here. What Amazon wants to be told when parcels leave is told as it is closed.
 */
import type { BatchOrder, ManifestRow, StepResult } from 'robnu/plugin'
import { z } from 'zod'
import { type Accepted, acceptedOf } from './accepted.ts'
import { parcelOf } from './easy-ship.ts'
import { type Desk, done, hold, started } from './desk.ts'
import { externalApi } from './external-api.ts'
import { isPast } from './external.ts'
import { readOrder } from './orders.ts'
import { confirmOwn } from './self-ship.ts'

const maxShipments = 250
const Manifested = z.object({ manifestId: z.string() })

const manifestOf = (desk: Desk, { id }: BatchOrder): string | undefined =>
  Manifested.safeParse(desk.output('manifest', id)).data?.manifestId

export async function* manifest(desk: Desk): AsyncGenerator<StepResult> {
  const { batch, ctx } = desk
  if (batch.manifestChanges && !desk.isDone('manifest', null)) yield changed(desk)
  while (desk.ready('manifest').length > 0) {
    const { id, inside } = withRoom(desk)
    const orders = desk.ready('manifest').slice(0, maxShipments - inside.length)
    const shipments = [...inside, ...orders].map((order) => parcelOf(desk, order) ?? '')
    yield done('manifest', null, { manifest: rowOf(id, 'OPEN', shipments, ctx.now()) })
    for (const order of orders) yield done('manifest', order.id, { output: { manifestId: id } })
  }
}

/** The batch's own manifest, with what was put into it before a stop. */
const withRoom = (desk: Desk): { readonly id: string; readonly inside: readonly BatchOrder[] } => {
  const { batch } = desk
  for (let number = 1;; number++) {
    const id = `AMZ-${batch.id.slice(-12)}${number === 1 ? '' : `-${number}`}`.toUpperCase()
    const inside = batch.orders.filter((order) => manifestOf(desk, order) === id)
    if (inside.length < maxShipments) return { id, inside }
  }
}

const rowOf = (
  externalId: string,
  state: ManifestRow['state'],
  shipmentExternalIds: readonly string[],
  updatedAt: Date,
): ManifestRow => ({ externalId, state, dispatchDate: null, updatedAt, shipmentExternalIds })

const changed = (desk: Desk): StepResult => {
  const { externalId, add, remove } = desk.batch.manifestChanges ??
    { externalId: '', add: [], remove: [] }
  const inside = new Set(desk.batch.manifestShipments?.[externalId])
  for (const id of remove) inside.delete(id)
  for (const id of add) inside.add(id)
  if (inside.size > maxShipments) {
    const message = `Cannot change manifest ${externalId}: it would hold more than ${maxShipments}`
    const code = 'manifest-full'
    return { ...{ step: 'manifest', order: null, outcome: 'failed', code }, message }
  }
  const row = rowOf(externalId, 'OPEN', [...inside], desk.ctx.now())
  return done('manifest', null, { manifest: row })
}

const Closing = z.object({ closed: z.array(z.string()), since: z.iso.datetime() })

export async function* close(desk: Desk): AsyncGenerator<StepResult> {
  const { batch, ctx } = desk
  const waiting = desk.ready('close')
  const inManifest = (id: string) => waiting.filter((order) => manifestOf(desk, order) === id)
  const known = Closing.safeParse(desk.output('close', null)).data
  const closed = new Set(known?.closed)
  const since = known?.since ?? ctx.now().toISOString()
  // others stay open for their cut-off, or until somebody closes them
  const own = batch.closure === 'IMMEDIATE'
    ? waiting.map((order) => manifestOf(desk, order)).filter((id) => id !== undefined)
    : []
  const asked = batch.closeManifests.filter((id) => !closed.has(id))
  for (const id of new Set([...own, ...asked])) {
    const orders = inManifest(id)
    const shipments = orders.length > 0
      ? orders.map((order) => parcelOf(desk, order) ?? '')
      : batch.manifestShipments?.[id] ?? []
    if (shipments.length === 0) {
      const message = `Cannot close manifest ${id}: it holds no parcel, add one or leave it open`
      yield done('close', null, { message, output: { closed: [...closed.add(id)], since } })
      continue
    }
    yield started('close', null, { closed: [...closed], since })
    const left = new Set<string>()
    for (const one of shipments) {
      const order = orders.find((each) => parcelOf(desk, each) === one)
      if (await handOver(desk, one, order, new Date(since))) left.add(one)
    }
    const row = rowOf(id, 'CLOSED', [...left], ctx.now())
    const output = { closed: [...closed.add(id)], since }
    // one without a parcel is no hand-over: its list would be empty
    yield done('close', null, {
      output,
      ...(left.size > 0 ? { manifest: row, render: ['MANIFEST'] as const } : {}),
    })
    for (const order of orders) {
      yield left.has(parcelOf(desk, order) ?? '')
        ? done('close', order.id, { status: 'MANIFESTED' })
        : hold('close', order, 'cancelled', gone)
    }
  }
}

const gone = 'Cannot hand over the order: its shipment was cancelled before it left'

/** Tells Amazon where it wants to be told; false where the parcel is not to leave any more. */
const handOver = async (
  desk: Desk,
  shipment: string,
  order: BatchOrder | undefined,
  since: Date,
): Promise<boolean> => {
  const [orderId = '', number = ''] = shipment.split(/\/(.*)/s)
  const way = order ? acceptedOf(desk, order.id) : await wayOf(desk, orderId)
  if (!way) return false
  // the courier's own scan is what moves a parcel of Easy Ship
  if (way.route === 'easy-ship') return true
  if (way.route === 'external') return await sendExternal(desk, way.shipmentId ?? '')
  await confirmOwn(desk, orderId, number, since)
  return true
}

type Way = Pick<Accepted, 'route' | 'shipmentId'>

/** Of a parcel that a batch before has packed; undefined where its order was cancelled. */
const wayOf = async ({ account, ctx }: Desk, orderId: string): Promise<Way | undefined> => {
  const { ef_enabled: external, self_ship_carrier: own } = account.details
  if (!external && !own) return { route: 'easy-ship', shipmentId: null }
  const found = await readOrder(account, ctx, orderId)
  const word = found?.fulfillment?.fulfillmentStatus
  if (!found || word === 'CANCELLED' || word === 'UNFULFILLABLE') return undefined
  const shipmentId = found.fulfillmentOrders?.[0]?.fulfillmentOrderId ?? null
  if (external && shipmentId !== null) return { route: 'external', shipmentId }
  const isEasyShip = found.programs?.includes('AMAZON_EASY_SHIP')
  return { route: isEasyShip ? 'easy-ship' : 'self-ship', shipmentId }
}

const sendExternal = async ({ account, ctx }: Desk, shipmentId: string): Promise<boolean> => {
  const api = externalApi(account, ctx)
  const shipment = await api.read(shipmentId)
  if (!shipment || shipment.status === 'CANCELLED') return false
  const packageId = shipment.packages?.[0]?.id
  // the courier was faster, or an answer was lost
  if (isPast(shipment, 'SHIPPED') || packageId === undefined) return true
  const outcome = await api.shipped(shipmentId, packageId)
  if (!('refused' in outcome)) return true
  const now = await api.read(shipmentId)
  return now !== undefined && isPast(now, 'SHIPPED')
}
