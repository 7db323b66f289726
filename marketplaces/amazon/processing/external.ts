/**
 * External Fulfillment: the shipment says by its status how far it is, so that each write is made only
 * where its time has come, and one in doubt is answered by reading.
 */
import type { BatchOrder, ShipmentRow, StepResult } from 'robnu/plugin'
import { explainDocument } from '../client.ts'
import { kebab, type Outcome } from '../refusals.ts'
import { shipmentIdOf } from '../rows.ts'
import { parcelState } from '../states.ts'
import { acceptedOf } from './accepted.ts'
import { type Desk, done, hold, holdBy, itemsOf, notReady, type Stage, started } from './desk.ts'
import type { Step } from './desk.ts'
import { externalApi, type Label, livingUnits, type Shipment } from './external-api.ts'

/** In the order in which a shipment comes through them. */
const statuses = [
  'CREATED',
  'ACCEPTED',
  'CONFIRMED',
  'PACKAGE_CREATED',
  'PICKUP_SLOT_RETRIEVED',
  'INVOICE_GENERATED',
  'SHIPLABEL_GENERATED',
  'SHIPPED',
  'DELIVERED',
]
export const isPast = ({ status }: Shipment, wanted: string): boolean =>
  statuses.indexOf(status) >= statuses.indexOf(wanted)

/** The shipment, where it can still be worked on; else why not. */
const workable = async (
  desk: Desk,
  step: Step,
  order: BatchOrder,
): Promise<Shipment | StepResult> => {
  const id = acceptedOf(desk, order.id).shipmentId ?? ''
  const found = await externalApi(desk.account, desk.ctx).read(id)
  const stay = (code: string, why: string, more: Parameters<typeof hold>[4] = {}) =>
    hold(step, order, code, `Cannot go on with the order: ${why}`, more)
  if (!found) return stay('not-found', 'External Fulfillment does not know its shipment')
  if (found.status === 'CANCELLED') {
    return stay('cancelled', 'its shipment is cancelled', { status: 'CANCELLED' })
  }
  if (!statuses.includes(found.status)) {
    return stay('unknown-state', 'its shipment is in a state that is unknown')
  }
  if (isPast(found, 'SHIPPED')) {
    const status = parcelState(found.subStatus ?? '') ?? 'SHIPPED'
    return stay('already-shipped', 'it has left already', { status })
  }
  return found
}

/** One write: `from` is where the shipment must stand for it, `to` where it stands afterwards. */
const writing = (
  step: Step,
  { from, to, write, then }: {
    readonly from: string
    readonly to: string
    readonly write: (desk: Desk, shipment: Shipment) => Promise<Outcome<unknown>>
    readonly then: Omit<StepResult, 'step' | 'order' | 'outcome'>
  },
): Stage =>
  async function* (desk) {
    for (const order of desk.readyBy(step, 'external')) {
      const found = await workable(desk, step, order)
      if ('outcome' in found) {
        yield found
        continue
      }
      const fault = faultOf(order, found)
      if (fault) yield hold(step, order, 'lines-differ', fault)
      else if (isPast(found, to)) yield done(step, order.id, then)
      else if (!isPast(found, from)) yield hold(step, order, 'too-early', tooEarly)
      else {
        if (!desk.inDoubt(step, order.id)) yield started(step, order.id)
        const outcome = await write(desk, found)
        if (!('refused' in outcome)) yield done(step, order.id, then)
        else if (outcome.refused !== 'Conflict') yield holdBy(step, order, outcome.refused)
        // it has gone on meanwhile, by whatever hand: the next look tells where to
        else throw justChanged()
      }
    }
  }

const justChanged = () => notReady('The shipment has just changed', 10_000)
const tooEarly =
  'Cannot go on with the order: its shipment is not ready for it, start it again later'

/** What Amazon wants in the parcel against what is confirmed. */
const faultOf = ({ lines }: BatchOrder, { lineItems }: Shipment): string | undefined => {
  const wanted = new Map<string, number>()
  for (const line of lineItems) {
    wanted.set(line.merchantSku, (wanted.get(line.merchantSku) ?? 0) + livingUnits(line))
  }
  const ours = new Map<string, number>()
  for (const { sku, quantity } of lines) ours.set(sku ?? '', (ours.get(sku ?? '') ?? 0) + quantity)
  const same = [...wanted, ...ours].every(([sku]) =>
    (wanted.get(sku) ?? 0) === (ours.get(sku) ?? 0)
  )
  return same
    ? undefined
    : 'Cannot go on with the order: Amazon has other quantities of it, sync the orders and start it ' +
      'again'
}

const api = ({ account, ctx }: Desk) => externalApi(account, ctx)

export const confirmShipments = writing('confirm', {
  from: 'ACCEPTED',
  to: 'CONFIRMED',
  write: (desk, { id }) => api(desk).confirm(id),
  then: { status: 'ACKNOWLEDGED' },
})
export const packShipments = writing('package', {
  from: 'CONFIRMED',
  to: 'PACKAGE_CREATED',
  write: (desk, shipment) => api(desk).pack(shipment),
  then: { status: 'PACKED' },
})
/** Made once and then kept by Amazon; it comes inside of JSON. */
export async function* invoiceShipments(desk: Desk): AsyncGenerator<StepResult> {
  for (const order of desk.readyBy('invoice', 'external')) {
    const found = await workable(desk, 'invoice', order)
    if ('outcome' in found) {
      yield found
      continue
    }
    const again = isPast(found, 'INVOICE_GENERATED')
    if (!isPast(found, 'PACKAGE_CREATED')) {
      yield hold('invoice', order, 'too-early', tooEarly)
      continue
    }
    if (!again && !desk.inDoubt('invoice', order.id)) yield started('invoice', order.id)
    const outcome = await api(desk).invoice(found.id, { again })
    if ('refused' in outcome) {
      if (outcome.refused === 'Conflict') throw justChanged()
      yield holdBy('invoice', order, outcome.refused)
    } else if (outcome.value === null) yield hold('invoice', order, 'invoice-not-made', noInvoice)
    else {
      const url = `data:application/pdf;base64,${outcome.value.replaceAll(/\s/g, '')}`
      const download = await desk.ctx.download(url)
      yield done('invoice', order.id, { documents: [{ type: 'CUSTOMER_INVOICE', download }] })
    }
  }
}

const noInvoice =
  'Cannot go on with the order: Amazon has made no invoice as PDF, look at the shipment in Seller ' +
  'Central'

/** The label, and with it the waybill. One that is there already is printed again. */
export async function* labelShipments(desk: Desk): AsyncGenerator<StepResult> {
  for (const order of desk.readyBy('label', 'external')) {
    const found = await workable(desk, 'label', order)
    if ('outcome' in found) yield found
    else yield* labelled(desk, order, found)
  }
}

async function* labelled(
  desk: Desk,
  order: BatchOrder,
  shipment: Shipment,
): AsyncGenerator<StepResult> {
  const packageId = shipment.packages?.[0]?.id
  if (packageId === undefined) {
    return yield hold('label', order, 'package-not-found', noPackage)
  }
  const again = isPast(shipment, 'SHIPLABEL_GENERATED')
  const option = again ? { value: undefined } : await api(desk).option(shipment.id, packageId)
  if ('refused' in option) return yield holdBy('label', order, option.refused)
  if (!again && !desk.inDoubt('label', order.id)) yield started('label', order.id)
  const ask = { again, option: option.value }
  const outcome = await api(desk).label(shipment.id, packageId, ask)
  if ('refused' in outcome) {
    if (outcome.refused === 'Conflict') throw justChanged()
    return yield holdBy('label', order, outcome.refused)
  }
  const { value } = outcome
  const row = rowOf(order, value, desk.ctx.now())
  if (value.status === 'FAILURE' || !row || !value.fileData) {
    const code = kebab(value.errorDetails?.code ?? 'not-made').replaceAll(/[^a-z0-9-]/g, '')
    return yield hold('label', order, `label-${code || 'not-made'}`.slice(0, 80), noLabel)
  }
  const download = await desk.ctx.download(value.fileData.url, { explain: explainDocument })
  yield done('label', order.id, {
    status: 'READY_TO_SHIP',
    shipment: row,
    documents: [{ type: 'LABEL', download }],
    output: { shipment: row.externalId },
  })
}

const noPackage = 'Cannot print the label: Amazon does not know the package any more'
const noLabel = 'Cannot print the label: Amazon could not make it, start the order again'

const rowOf = (order: BatchOrder, label: Label, updatedAt: Date): ShipmentRow | null => {
  const awb = label.shipLabelMetadata?.trackingId
  if (!awb) return null
  return {
    externalId: shipmentIdOf(order.externalId, awb),
    status: 'READY_TO_SHIP',
    rawStatus: 'SHIPLABEL_GENERATED',
    awb,
    carrier: label.shipLabelMetadata?.carrierName ?? null,
    manifestExternalId: null,
    updatedAt,
    items: itemsOf(order),
  }
}

/** The last look before the parcel is handed over. */
export async function* checkShipments(desk: Desk): AsyncGenerator<StepResult> {
  for (const order of desk.readyBy('check', 'external')) {
    const found = await workable(desk, 'check', order)
    if ('outcome' in found) yield found
    else if (!isPast(found, 'SHIPLABEL_GENERATED')) {
      yield hold('check', order, 'label-cancelled', voided)
    } else yield done('check', order.id, { output: desk.output('label', order.id) })
  }
}

const voided =
  'Cannot hand over the order: its label was cancelled, sync the orders and start it again if it ' +
  'is still to be sent'
