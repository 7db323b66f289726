/** The form that every row of an adapter has: the ledger puts aside what has another. */
import { z } from 'zod'
import { orderStates, payoutStates, returnKinds, returnStates } from '../plugin.ts'
import { amount, day, eachOnce, paise, quantity, text, time, units } from './forms.ts'

export const shipmentForm = z.object({
  externalId: text(200).min(1),
  status: z.enum(orderStates).nullable(),
  rawStatus: text(200),
  awb: text(100).nullable(),
  carrier: text(100).nullable(),
  manifestExternalId: text(200).nullable(),
  updatedAt: time,
  items: z.array(z.object({ itemExternalId: text(200).min(1), quantity })).max(5000)
    .refine(
      (items) => eachOnce(items.map(({ itemExternalId }) => ({ externalId: itemExternalId }))),
      'a line stands twice',
    ),
})

const itemForm = z.object({
  externalId: text(200).min(1),
  sku: text(300).nullable(),
  listingId: text(200).nullable(),
  title: text(2000).nullable(),
  quantity,
  totalPaise: paise.nullable(),
  cancelledQuantity: quantity.optional(),
  hsn: text(20).nullish(),
  gstRateBp: z.number().int().min(0).max(10_000).nullish(),
}).refine(
  (item) => (item.cancelledQuantity ?? 0) <= item.quantity,
  'more is cancelled than ordered',
)
const line = text(2000).nullable()
const customerForm = z.object({
  name: line,
  phone: line,
  email: line,
  address: z.object({ line1: line, line2: line, city: line, state: line, postalCode: line })
    .nullable(),
})
export const orderForm = z.object({
  externalId: text(200).min(1),
  status: z.enum(orderStates).nullable(),
  rawStatus: text(200),
  onHold: z.boolean(),
  orderedAt: time,
  updatedAt: time,
  shipBy: time.nullable(),
  processAfter: time.nullish(),
  currency: z.string().regex(/^[A-Z]{3}$/),
  totalPaise: paise.nullable(),
  fulfilledBy: z.enum(['SELLER', 'MARKETPLACE']).nullable(),
  stateCode: z.string().regex(/^\d{2}$/).nullable(),
  customer: customerForm.nullable(),
  items: z.array(itemForm).max(5000).refine(eachOnce, 'a line stands twice'),
  shipments: z.array(shipmentForm).max(1000).refine(eachOnce, 'a parcel stands twice').optional(),
})

export const returnForm = z.object({
  externalId: text(200).min(1),
  orderExternalId: text(200).min(1),
  kind: z.enum(returnKinds),
  status: z.enum(returnStates).nullable(),
  rawStatus: text(200),
  reason: text(500).nullable(),
  initiatedAt: time,
  updatedAt: time,
  deliveredAt: time.nullable(),
  shipmentExternalId: text(200).min(1).nullable(),
  awbs: z.array(z.object({ awb: text(100).min(1), carrier: text(100).nullable() })).max(100),
  creditNote: z.object({ number: text(100).min(1), at: time, paise }).nullable(),
  items: z.array(z.object({
    externalId: text(200).min(1),
    itemExternalId: text(200).nullable(),
    sku: text(300).nullable(),
    quantity,
    condition: text(200).nullable(),
  })).max(5000).refine(eachOnce, 'a line stands twice'),
})

const payoutLineForm = z.object({
  externalId: text(200).min(1),
  kind: text(100).min(1),
  orderExternalId: text(200).min(1).nullable(),
  itemExternalId: text(200).nullable(),
  returnExternalId: text(200).nullable(),
  awb: text(100).nullable(),
  gross: amount,
  deductions: amount,
  fees: amount,
  taxes: amount,
  net: amount,
  deductionReason: text(500).nullable(),
  at: time.nullable(),
}).refine(
  ({ gross, deductions, fees, taxes, net }) =>
    units(gross) + units(deductions) + units(fees) + units(taxes) === units(net),
  'does not add up',
)
export const payoutForm = z.object({
  externalId: text(200).min(1),
  status: z.enum(payoutStates).nullable(),
  rawStatus: text(200),
  amount: amount.nullable(),
  currency: z.string().regex(/^[A-Z]{3}$/),
  periodFrom: day.nullable(),
  periodTo: day.nullable(),
  paidOn: day.nullable(),
  updatedAt: time,
  forecast: z.boolean().optional(),
  lines: z.array(payoutLineForm).max(50_000).refine(eachOnce, 'a line stands twice'),
})
