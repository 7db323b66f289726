/** Stages 8 and 9: what a courier takes over at a location, and the paper that it signs. */
import type { BatchOrder, ManifestRow, StepResult } from 'robnu/plugin'
import { z } from 'zod'
import type { HandoverCount } from '../answers.ts'
import { groupOf, manifestId } from '../documents.ts'
import { dayInIndia, flipkartTime } from '../times.ts'
import { type Desk, done, hold, started, unlessMissing } from './desk.ts'
import { dispatchedOf } from './dispatch.ts'

/** The manifests of an order, and what of it lies in each; none of what the seller ships itself. */
const Manifested = z.object({ manifests: z.record(z.string(), z.array(z.string())) })
type Manifested = z.infer<typeof Manifested>['manifests']

const manifestsOf = (desk: Desk, { id }: BatchOrder): Manifested =>
  Manifested.safeParse(desk.output('manifest', id)).data?.manifests ?? {}

/** Nothing is written: Flipkart's manifest is what is ready for a courier when it is asked for. */
export async function* manifest(desk: Desk): AsyncGenerator<StepResult> {
  const touched = new Set<string>()
  const ready: { readonly order: BatchOrder; readonly manifests: Manifested }[] = []
  for (const order of desk.ready('manifest')) {
    const parcels = dispatchedOf(desk, order).filter(({ isSelf }) => !isSelf)
    if (parcels.some(({ vendor }) => vendor === null)) {
      yield hold('manifest', order, 'courier-missing', noCourier)
      continue
    }
    const manifests: Manifested = {}
    for (const { id, locationId, vendor, isMps } of parcels) {
      const key = manifestId({ locationId, vendor: vendor ?? '', isMps }, desk.batch.id)
      manifests[key] = [...manifests[key] ?? [], id]
      touched.add(key)
    }
    ready.push({ order, manifests })
  }
  const inside = insideOf(desk, ready.map(({ manifests }) => manifests))
  for (const key of touched) {
    yield done('manifest', null, { manifest: rowOf(desk, key, 'OPEN', inside.get(key) ?? []) })
  }
  for (const { order, manifests } of ready) {
    yield done('manifest', order.id, { output: { manifests } })
  }
}

const noCourier =
  'Cannot hand over the order: Flipkart names no courier for its package, start it again later'

/** Of the whole batch: what was put in before stays in. */
const insideOf = (
  desk: Desk,
  more: readonly Manifested[] = [],
): ReadonlyMap<string, readonly string[]> => {
  const inside = new Map<string, string[]>()
  for (const one of [...desk.batch.orders.map((order) => manifestsOf(desk, order)), ...more]) {
    for (const [key, ids] of Object.entries(one)) {
      inside.set(key, [...new Set([...inside.get(key) ?? [], ...ids])])
    }
  }
  return inside
}

const rowOf = (
  { now }: Desk,
  externalId: string,
  state: ManifestRow['state'],
  shipmentExternalIds: readonly string[],
  dispatchDate: string | null = null,
): ManifestRow => ({ externalId, state, dispatchDate, updatedAt: now(), shipmentExternalIds })

const Closed = z.object({ closed: z.array(z.string()) })

/** Asking for the paper again changes nothing, so that a close in doubt is simply asked for again. */
export async function* close(desk: Desk): AsyncGenerator<StepResult> {
  const { batch } = desk
  const waiting = desk.ready('close')
  const closed = new Set(Closed.safeParse(desk.output('close', null)).data?.closed)
  const inside = insideOf(desk)
  // others stay open for their cut-off, or until somebody closes them
  const own = batch.closure === 'IMMEDIATE'
    ? waiting.flatMap((order) => Object.keys(manifestsOf(desk, order)))
    : []
  const counts = new Map<string, readonly HandoverCount[]>()
  for (const id of new Set([...own, ...batch.closeManifests])) {
    if (closed.has(id)) continue
    if (!desk.inDoubt('close', null)) yield started('close', null)
    const group = groupOf(id)
    const content = inside.get(id) ?? batch.manifestShipments?.[id] ?? []
    const output = { closed: [...closed.add(id)] }
    if (!group || content.length === 0) {
      const why = group ? 'it holds no package' : 'it is none of Flipkart'
      yield done('close', null, { message: `Cannot close manifest ${id}: ${why}`, output })
      continue
    }
    const known = counts.get(group.locationId) ??
      await desk.transport.handoverCounts(group.locationId)
    counts.set(group.locationId, known)
    const lot = known.find(({ vendorGroupCode, isMps }) =>
      vendorGroupCode === group.vendor && isMps === group.isMps
    )
    // nothing of it waits: the courier has taken it already, and our own list is the paper
    const download = lot && await unlessMissing(desk.transport.manifest(group, lot.pickUpDate))
    const from = flipkartTime(lot?.pickUpDate?.from ?? '')
    yield done('close', null, {
      manifest: rowOf(desk, id, 'CLOSED', content, from ? dayInIndia(from) : null),
      ...(download ? { documents: [{ type: 'MANIFEST', download }] } : { render: ['MANIFEST'] }),
      output,
    })
  }
  if (batch.closure !== 'IMMEDIATE') return
  for (const order of waiting) {
    const isHandedOver = Object.keys(manifestsOf(desk, order)).length > 0
    yield done('close', order.id, isHandedOver ? { status: 'MANIFESTED' } : {})
  }
}
