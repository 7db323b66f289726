/** External Fulfillment 2024-09-11, shipments: from the acceptance to the courier. */
import { Buffer } from 'node:buffer'
import { hashOf, randomFor, type SandboxAnswer, type SandboxRoute } from 'robnu/testing'
import { z } from 'zod'
import type { Documents } from './documents.ts'
import { linesOf, type ShipmentStatus } from './external-wire.ts'
import { shipmentAt, type StandingShipment, wireShipment } from './external-wire.ts'
import type { Guard } from './guard.ts'
import type { ExternalStep, SandboxOrder, Slot } from './orders.ts'
import { invoicePdf, labelPdf } from './papers.ts'
import { makeParcel, orderOfShipment, shipmentIdOf } from './parcels.ts'
import { sellingHost, writeRoute } from './requests.ts'
import { createSlots } from './slots.ts'
import { wayOf } from './timeline.ts'
import { wireError } from './wire.ts'
import { type Act, countDone, type Partner, type World } from './world.ts'

export interface External {
  readonly acts: Readonly<Record<string, Act>>
  readonly routes: (
    options: { readonly guard: Guard; readonly world: World },
  ) => readonly SandboxRoute[]
}
type Asked = StandingShipment & { readonly world: World; readonly partner: Partner }

const path = '/externalFulfillment/2024-09-11/shipments/{shipmentId}'

export const createExternal = (seed: number, documents: Documents): External => {
  const slots = createSlots(seed)
  const find = (world: World, partner: Partner, id: string): Asked | undefined => {
    const order = orderOfShipment(partner, id, seed)
    const standing = order && shipmentAt(order, world.at(), seed)
    return standing && { ...standing, world, partner }
  }
  const act = <T extends { readonly shipmentId: string }>(
    schema: z.ZodType<T>,
    answer: (asked: Asked, body: T) => SandboxAnswer,
  ): Act =>
  (world, partner, given) => {
    const body = schema.safeParse(given)
    if (!body.success) return refused(400, 'SC_00002', 'The request is not valid.')
    const asked = find(world, partner, body.data.shipmentId)
    return asked ? answer(asked, body.data) : notFound()
  }

  const acts: Record<string, Act> = {
    processShipment: act(Process, (asked, { operation, lineItems }) => {
      const { world, partner, order, status } = asked
      if (operation === 'CONFIRM') {
        return status === 'ACCEPTED' ? note(asked, 'CONFIRMED') : conflict(status)
      }
      if (!lineItems) return refused(400, 'SC_00002', 'lineItems are missing.')
      if (status !== 'ACCEPTED' && status !== 'CONFIRMED') return conflict(status)
      const gone = { at: world.at(), status: 'CANCELLED', cancelledBy: 'MERCHANT' } as const
      partner.books.turn(order, gone)
      countDone(partner, 'processShipment')
      return empty
    }),
    createPackages: act(Packages, (asked, { packages }) => {
      const { order, status } = asked
      const [pack] = packages
      if (status !== 'CONFIRMED' || !pack || packages.length > 1) return conflict(status)
      const { dimensions: { length, width, height }, weight, packageLineItems } = pack
      const lines = linesOf(order)
      const whole = packageLineItems.length === lines.size &&
        packageLineItems.every((one) => lines.get(one.packageLineItemId)?.quantity === one.quantity)
      if (!whole) return refused(422, 'SC_00002', 'The packages do not hold the whole shipment.')
      const box = {
        ...{ length: Number(length.value), width: Number(width.value) },
        ...{ height: Number(height.value), grams: Number(weight.value) },
      }
      if (!(box.grams >= 5)) return refused(422, 'SC_00002', 'A package weighs 5 g at least.')
      return note(asked, 'PACKAGE_CREATED', { id: pack.id, box })
    }),
    generateInvoice: act(One, (asked) => {
      const { order, status, step } = asked
      if (status === 'PACKAGE_CREATED') note(asked, 'INVOICE_GENERATED', step?.pack)
      else if (status === 'ACCEPTED' || status === 'CONFIRMED' || status === 'CANCELLED') {
        return conflict(status)
      }
      return { status: 200, body: invoiceOf(order) }
    }),
    generateShipLabels: act(Labels, (asked, { operation, shippingOptionId, packageIds }) => {
      const { world, partner, order, status, step, parcel } = asked
      const pack = step?.pack
      if (!pack || packageIds.some((id) => id !== pack.id)) return notFound()
      if (operation === 'REGENERATE') {
        return parcel && status === 'SHIPLABEL_GENERATED'
          ? labelled(asked, pack.id)
          : conflict(status)
      }
      if (status !== 'INVOICE_GENERATED') return conflict(status)
      const slot = slotOf(order, shippingOptionId, world)
      if ('status' in slot) return slot
      makeParcel(world, partner, order, { route: 'EXTERNAL', id: pack.id, slot, box: pack.box })
      countDone(partner, 'generateShipLabels')
      const made = find(world, partner, shipmentIdOf(order, seed))
      return made ? labelled(made, pack.id) : notFound()
    }),
    updatePackageStatus: act(Status, (asked, { packageId, status: word }) => {
      const { world, partner, order, status, step } = asked
      if (step?.pack?.id !== packageId) return notFound()
      if (word !== 'SHIPPED') return refused(422, 'SC_00002', 'The status cannot be set.')
      if (status !== 'SHIPLABEL_GENERATED') return conflict(status)
      partner.books.turn(order, ...wayOf(randomFor(seed, `way/${order.id}`), world.at()))
      countDone(partner, 'updatePackageStatus')
      return empty
    }),
  }
  /** Some channels have one way to ship, and offer none. */
  const isFixed = (order: SandboxOrder) => hashOf(seed, `fixed/${order.id}`) % 8 === 0
  const slotOf = (
    order: SandboxOrder,
    id: string | undefined,
    world: World,
  ): Slot | SandboxAnswer => {
    const box = { length: 1, width: 1, height: 1, grams: 100 }
    const [next] = slots.offered(order.id, box, world.at())
    if (isFixed(order) && next) return next
    const slot = id === undefined ? 'invalid' : slots.open(order.id, id, world.at())
    if (slot === 'invalid') return refused(400, 'SC_00002', 'The shipping option is not valid.')
    if (slot !== 'expired') return slot
    return refused(400, 'SC_00002', 'The shipping option has expired.')
  }
  const labelled = ({ partner, order, parcel }: Asked, packageId: string): SandboxAnswer => {
    if (!parcel) return notFound()
    const { carrier, trackingNumber, slot } = parcel.parcel
    const name = `label/${trackingNumber}`
    const pdf = { bytes: labelPdf(order, parcel), type: 'application/pdf' }
    const told = documents.told(partner.id, documents.keep(partner.id, name, pdf))
    const window = slot ? { timeSlot: windowOf(slot) } : {}
    return {
      status: 200,
      body: {
        packageShipLabelList: [{
          packageId,
          shipLabelMetadata: { carrierName: carrier, trackingId: trackingNumber, ...window },
          ...(told ? { fileData: { url: told.url } } : {}),
          status: 'SUCCESS',
        }],
      },
    }
  }

  const routes: External['routes'] = ({ guard, world }) => {
    const write = (method: string, under: string, operation: string) =>
      writeRoute({ guard, world }, method, path + under, operation)
    const read = (
      under: string,
      operation: string,
      answer: (asked: Asked, query: URLSearchParams) => SandboxAnswer,
    ): SandboxRoute => ({
      ...{ method: 'GET', path: path + under, host: sellingHost, operation },
      handle: guard(operation, ({ params, url }, partner) => {
        const asked = find(world, partner, params.shipmentId ?? '')
        return asked ? answer(asked, url.searchParams) : notFound()
      }),
    })
    return [
      read('', 'getShipment', (asked) => ({ status: 200, body: wireShipment(asked, seed) })),
      write('POST', '', 'processShipment'),
      write('POST', '/packages', 'createPackages'),
      write('PATCH', '/packages/{packageId}', 'updatePackageStatus'),
      read('/shippingOptions', 'retrieveShippingOptions', ({ order, step }, query) => {
        if (!step?.pack || query.get('packageId') !== step.pack.id) return notFound()
        const offered = isFixed(order) ? [] : slots.offered(order.id, step.pack.box, world.at())
        const shippingOptions = offered.map((slot) => ({
          shippingOptionId: slot.id,
          shipBy: 'MARKETPLACE',
          carrierName: 'ATSPL',
          timeSlot: windowOf(slot),
        }))
        const [recommendedShippingOption] = shippingOptions
        return {
          status: 200,
          body: {
            shippingOptions,
            ...(recommendedShippingOption ? { recommendedShippingOption } : {}),
          },
        }
      }),
      write('POST', '/invoice', 'generateInvoice'),
      read(
        '/invoice',
        'retrieveInvoice',
        ({ order, step }) =>
          step?.status === 'INVOICE_GENERATED'
            ? { status: 200, body: invoiceOf(order) }
            : notFound(),
      ),
      write('PUT', '/shipLabels', 'generateShipLabels'),
    ]
  }
  return { acts, routes }
}

const note = (
  { world, partner, order }: Asked,
  status: ExternalStep['status'],
  pack?: ExternalStep['pack'],
): SandboxAnswer => {
  const step = { at: world.at(), status, ...(pack ? { pack } : {}) }
  order.external = [...(order.external ?? []), step]
  countDone(partner, status)
  return empty
}

const invoiceOf = (order: SandboxOrder): object => ({
  document: { format: 'PDF', content: Buffer.from(invoicePdf(order)).toString('base64') },
})

/** Seconds, as External Fulfillment tells them. */
const windowOf = ({ start, end, handover }: Slot): object => ({
  startTime: start / 1000,
  endTime: end / 1000,
  handoverMethod: handover,
})

const empty: SandboxAnswer = { status: 204, bytes: new Uint8Array() }
const refused = (status: number, code: string, message: string): SandboxAnswer =>
  wireError(status, code, message)
const notFound = (): SandboxAnswer => refused(404, 'SC_00003', 'The shipment was not found.')
/** Amazon's models know this status, and no code for it. */
const conflict = (status: ShipmentStatus): SandboxAnswer =>
  refused(409, 'Conflict', `The shipment is ${status}.`)

const text = z.string().min(1).max(255)
const decimal = z.string().regex(/^\d+(\.\d+)?$/)
const One = z.object({ shipmentId: text })
const Process = One.extend({
  operation: z.enum(['CONFIRM', 'REJECT']),
  lineItems: z.array(z.object({ lineItem: z.object({ id: text }) })).optional(),
})
const side = z.object({ value: decimal, dimensionUnit: z.literal('CM') })
const Packages = One.extend({
  packages: z.array(z.object({
    id: text,
    dimensions: z.object({ length: side, width: side, height: side }),
    weight: z.object({ value: decimal, weightUnit: z.literal('G') }),
    packageLineItems: z.array(z.object({ packageLineItemId: text, quantity: z.int().min(1) })),
  })).min(1),
})
const Labels = One.extend({
  operation: z.enum(['GENERATE', 'REGENERATE']),
  shippingOptionId: text.optional(),
  packageIds: z.array(text).min(1).max(50),
})
const Status = One.extend({ packageId: text, status: z.string() })
