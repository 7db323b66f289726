/** What a step of an adapter does to the ledger: one transaction for each. */
import { recordAudit } from '../../audit/record.ts'
import type { SellerKeys } from '../../crypto/keys.ts'
import type { SellerScope } from '../../db/database.ts'
import type { Batch, StepResult } from '../../plugin.ts'
import type { LeasedWork } from '../../queues/work.ts'
import { checkPapers } from '../documents/check-papers.ts'
import { fetchLater } from '../documents/fetch-later.ts'
import { makeDocuments, type PaperDeps } from '../documents/make-documents.ts'
import { storeDocuments } from '../documents/store-documents.ts'
import { addOrderEvents } from '../order-events.ts'
import { moveOrder } from '../order-moves.ts'
import { storeManifests } from '../store-manifests.ts'
import { storeShipments } from '../store-shipments.ts'
import { closeAt, dispatchDay } from './cutoff.ts'
import { buyerErased } from './plan-batch.ts'
import { isDone, recordStep, storeBillTo } from './step-rows.ts'

export interface StepPlace {
  readonly work: LeasedWork
  readonly batch: Batch
  readonly marketplaceName: string
  /** Of the account: `17:30`. */
  readonly cutoff: string
  readonly gstin: string | null
  /** Whether the plugin can fetch documents later. */
  readonly fetchesLater: boolean
  /** By the clock of the marketplace. */
  readonly now: () => Date
}

/**
 * `again`: the host has held the order although the adapter went on with it; the adapter is to be
 * called anew. The step that was yielded stands as held.
 */
export const applyStep = async (
  deps: PaperDeps,
  place: StepPlace,
  result: StepResult,
): Promise<'next' | 'again'> => {
  const { work, batch } = place
  const { db, keyring } = deps
  // papers are made and put away first: a row never tells of what is not there
  const made = await makeDocuments(deps, place, result)
  const keys = await keyring.forSeller(work.entry)
  return await db.withSellerScope(work.entry, async (scope) => {
    if (result.order !== null && await isDone(scope, batch.id, result)) return 'next'
    await storeFacts(scope, keys, place, result)
    const paperPlace = { accountId: work.accountId, batchId: batch.id }
    const erased = await storeDocuments(scope, paperPlace, made)
    const fault = result.outcome !== 'done'
      ? null
      : result.order !== null && erased.includes(result.order)
      ? buyerErased
      : await checkPapers(scope, batch.id, result)
    const recorded: StepResult = fault ? { ...result, outcome: 'held', ...fault } : result
    await recordStep(scope, batch.id, recorded)
    if (recorded.outcome === 'held') await tellHeld(scope, place, recorded)
    return fault ? 'again' : 'next'
  })
}

const storeFacts = async (
  scope: SellerScope,
  keys: SellerKeys,
  place: StepPlace,
  { order, step, status, shipment, billTo, manifest, documents, render }: StepResult,
): Promise<void> => {
  const { work, batch } = place
  const found = batch.orders.find(({ id }) => id === order)
  if (found && shipment) {
    const { id, externalId } = found
    await storeShipments(scope, keys, work, [{ order: { id, externalId }, row: shipment }])
  }
  if (found && status) {
    await moveOrder(scope, work, found.id, {
      ...{ status, at: place.now(), data: { step, batch: batch.id } },
      key: `${batch.id}/${step}`,
    })
  }
  if (found && billTo) await storeBillTo(scope, batch.id, found.id, billTo)
  if (!manifest) return
  const isDelayed = batch.closure === 'DELAYED'
  // a marketplace that tells no day means the one that the cut-off makes of this hour
  const day = manifest.state === 'CLOSED'
    ? manifest.dispatchDate ?? dispatchDay(manifest.updatedAt, place.cutoff)
    : manifest.dispatchDate
  const row = { ...manifest, dispatchDate: day }
  const [manifestId] = await storeManifests(scope, work, [row], {
    closure: batch.closure,
    closeAt: isDelayed ? closeAt(place.now(), place.cutoff) : null,
  })
  if (manifest.state !== 'CLOSED' || manifestId === undefined) return
  recordAudit(scope, scope.sellerId, 'manifest.closed', `manifest:${manifestId}`, {
    shipments: manifest.shipmentExternalIds.length,
    dispatch_date: day,
  })
  const hasPaper = render?.includes('MANIFEST') ||
    documents?.some(({ type }) => type === 'MANIFEST')
  if (place.fetchesLater && !hasPaper) {
    await fetchLater(scope, work, { type: 'MANIFEST', manifestId, now: place.now() })
  }
}

const tellHeld = async (
  scope: SellerScope,
  { work, batch, now }: StepPlace,
  { order, step, code = 'held' }: StepResult,
): Promise<void> => {
  if (order === null) return
  await addOrderEvents(scope, work, [{
    ...{ orderId: order, kind: 'processing.held', state: step, at: now() },
    ...{ data: { code, batch: batch.id }, key: `${batch.id}/${step}` },
  }])
}
