/** External Fulfillment 2024-09-11, shipments: every call that processing makes. */
import { type Context, failure } from 'robnu/plugin'
import { z } from 'zod'
import { type AmazonInit, askAmazon, type Connection } from '../client.ts'
import { explained, type Outcome, outcomeOf } from '../refusals.ts'
import { PathId } from '../schemas.ts'

const Shipment = z.object({
  id: PathId,
  status: z.string(),
  subStatus: z.string().nullish(),
  lineItems: z.array(z.object({
    shipmentLineItemId: z.string().min(1),
    merchantSku: z.string(),
    numberOfUnits: z.int(),
    cancellations: z.array(z.object({ cancelledQuantity: z.int() })).nullish(),
  })),
  packages: z.array(z.object({ id: PathId })).nullish(),
})
export type Shipment = z.infer<typeof Shipment>
const Options = z.object({
  shippingOptions: z.array(z.object({
    shippingOptionId: PathId,
    timeSlot: z.object({ startTime: z.number() }).nullish(),
  })).nullish(),
  recommendedShippingOption: z.object({ shippingOptionId: PathId }).nullish(),
})
const Invoice = z.object({
  document: z.object({ format: z.string().nullish(), content: z.string().nullish() }),
})
const Labels = z.object({
  packageShipLabelList: z.array(z.object({
    packageId: z.string().nullish(),
    shipLabelMetadata: z.object({
      carrierName: z.string().regex(/^[^\0]{1,100}$/).nullish(),
      trackingId: z.string().regex(/^[\x21-\x7e]{1,100}$/).nullish(),
    }).nullish(),
    fileData: z.object({ url: z.string() }).nullish(),
    status: z.string().nullish(),
    errorDetails: z.object({ code: z.string().nullish() }).nullish(),
  })),
})
export type Label = z.infer<typeof Labels>['packageShipLabelList'][number]

/** Every write is refused with `Conflict` where the shipment is not in the state for it. */
export const externalApi = (account: Connection, ctx: Context) => {
  const at = (id: string) => `/externalFulfillment/2024-09-11/shipments/${encodeURIComponent(id)}`
  const ask = askAmazon(account, ctx)
  const write = (path: string, init: AmazonInit): Promise<Outcome<unknown>> =>
    outcomeOf(ask(z.unknown(), path, { ...init, answer: 'text', explain: explained }))
  const { details } = account
  return {
    /** Undefined where External Fulfillment does not know it. */
    read: async (id: string): Promise<Shipment | undefined> => {
      const explain: AmazonInit['explain'] = (status, body) =>
        status === 404 ? explained(status, body) : undefined
      const found = await outcomeOf(ask(Shipment, at(id), { operation: 'getShipment', explain }))
      return 'value' in found ? found.value : undefined
    },
    confirm: (id: string) =>
      write(at(id), {
        method: 'POST',
        operation: 'processShipment',
        query: { operation: 'CONFIRM' },
      }),
    /** One package of the account's usual size with all that was not cancelled. */
    pack: ({ id, lineItems }: Shipment) =>
      write(`${at(id)}/packages`, {
        method: 'POST',
        operation: 'createPackages',
        json: {
          packages: [{
            id: packageId,
            dimensions: {
              length: side(details.package_length_cm),
              width: side(details.package_breadth_cm),
              height: side(details.package_height_cm),
            },
            weight: { value: `${details.package_weight_g}.0`, weightUnit: 'G' },
            packageLineItems: lineItems.flatMap((line) => {
              const quantity = livingUnits(line)
              return quantity > 0 ? [{ packageLineItemId: line.shipmentLineItemId, quantity }] : []
            }),
          }],
        },
      }),
    /** The earliest; undefined where the channel has one way only. */
    option: async (id: string, packageId: string): Promise<Outcome<string | undefined>> => {
      const found = await outcomeOf(ask(Options, `${at(id)}/shippingOptions`, {
        ...{ operation: 'retrieveShippingOptions', query: { packageId }, explain: explained },
      }))
      if ('refused' in found) return found
      const { shippingOptions, recommendedShippingOption } = found.value
      const [first] = [...shippingOptions ?? []].sort((one, other) =>
        (one.timeSlot?.startTime ?? Infinity) - (other.timeSlot?.startTime ?? Infinity)
      )
      return { value: recommendedShippingOption?.shippingOptionId ?? first?.shippingOptionId }
    },
    /** The invoice in base64; null where it is no PDF. `again`: the one that is there already. */
    invoice: async (id: string, { again }: { readonly again: boolean }) => {
      const init = again
        ? { operation: 'retrieveInvoice' }
        : { method: 'POST', operation: 'generateInvoice' } as const
      const found = await outcomeOf(
        ask(Invoice, `${at(id)}/invoice`, { ...init, explain: explained }),
      )
      if ('refused' in found) return found
      const { format, content } = found.value.document
      return { value: format === 'PDF' && content ? content : null }
    },
    /** `again`: the label that is there already. */
    label: async (
      id: string,
      packageId: string,
      wish: { readonly again: boolean; readonly option?: string | undefined },
    ): Promise<Outcome<Label>> => {
      const found = await outcomeOf(ask(Labels, `${at(id)}/shipLabels`, {
        ...{ method: 'PUT', operation: 'generateShipLabels', explain: explained },
        query: {
          operation: wish.again ? 'REGENERATE' : 'GENERATE',
          shippingOptionId: wish.option,
        },
        json: { packageIds: [packageId] },
      }))
      if ('refused' in found) return found
      const label = found.value.packageShipLabelList.find((one) => one.packageId === packageId)
      if (!label) throw failure('bad-response', 'Amazon gave no label for the package')
      return { value: label }
    },
    shipped: (id: string, packageId: string) =>
      write(`${at(id)}/packages/${encodeURIComponent(packageId)}`, {
        method: 'PATCH',
        operation: 'updatePackageStatus',
        json: { status: 'SHIPPED' },
      }),
  }
}

const packageId = '001'
const side = (cm: number) => ({ value: `${cm}.0`, dimensionUnit: 'CM' })

/** Units of a line that nobody has cancelled. */
export const livingUnits = (
  { numberOfUnits, cancellations }: Shipment['lineItems'][number],
): number =>
  (cancellations ?? []).reduce((left, one) => left - one.cancelledQuantity, numberOfUnits)
