/** The part of the gateway's answers that we read (`wire.md`): strict on that, blind to the rest. */
import { z } from 'zod'
import { ajioDay, ajioTime } from './times.ts'

// PostgreSQL cannot store this character in text
const text = z.string().max(2000).refine((value) => !value.includes('\0'), 'holds a zero character')
const isBlank = (value: unknown): boolean =>
  value === null || value === undefined ||
  typeof value === 'string' && ['', 'nan', 'null'].includes(value.trim().toLowerCase())
const blankable = <S extends z.ZodType>(schema: S) =>
  z.preprocess((value) => isBlank(value) ? null : value, schema.nullable())

/** One of AJIO's words for a state or a kind. */
const word = text.min(1).max(100)
/** Text, or null for AJIO's blanks. */
const optional = blankable(text.transform((value) => value.trim()))
/** Stands in keys and stays in clear, so it must look like an id: never a name in the wrong place. */
const id = z.string().regex(/^[\w./-]{1,80}$/, 'is not an id')
const optionalId = blankable(id)
const time = text.transform((value, ctx) => {
  const at = ajioTime(value)
  if (!at) ctx.addIssue({ code: 'custom', message: 'is not a time' })
  return at ?? z.NEVER
})
const optionalTime = blankable(time)
const optionalDay = blankable(text.transform((value, ctx) => {
  const day = ajioDay(value)
  if (!day) ctx.addIssue({ code: 'custom', message: 'is not a day' })
  return day ?? z.NEVER
}))
/** Rupees as a number or as text; as text it stays, so that nobody computes with a float. */
const money = z.union([text, z.number()]).transform((value) => String(value).trim())
const optionalMoney = blankable(money)
const quantity = z.int32().min(0)

export const Session = z.object({ pobId: text, storeCode: text, gstin: optional })
export const TokenSet = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1),
  session_context: z.string().min(1),
  user_context: z.string().min(1),
  expires_in: z.number().positive().max(86_400),
})

/** Each row is parsed on its own, so that one bad row is not a bad page. */
export const RawPage = z.object({
  content: z.array(z.unknown()).max(1000),
  totalPages: quantity,
  totalElements: quantity,
})
export type RawPage = z.infer<typeof RawPage>

export const Shipment = z.object({
  shipmentId: id,
  status: word,
  carrier: optional,
  awb: optionalId,
  manifestId: optionalId,
  updatedAt: time,
  lines: z.array(z.object({ sellerOrderNo: id, jioCode: id, quantity })).max(1000),
})
export type Shipment = z.infer<typeof Shipment>

const OrderLine = z.object({
  sellerOrderNo: id,
  jioCode: id,
  sellerSku: optional,
  ean: optionalId,
  description: optional,
  hsn: optionalId,
  orderQty: quantity,
  confirmedQty: blankable(quantity),
  cancelledQty: blankable(quantity),
  customerCancelledQty: blankable(quantity),
  sellerCancelledQty: blankable(quantity),
  gstPercent: optionalMoney,
  totalValue: optionalMoney,
})
export type OrderLine = z.infer<typeof OrderLine>

const ShipTo = z.object({
  name: optional,
  phone: optional,
  email: optional,
  line1: optional,
  line2: optional,
  city: optional,
  state: optional,
  pincode: optional,
})

export const Order = z.object({
  custOrderNo: id,
  custOrderDate: time,
  status: word,
  onHold: z.boolean(),
  holdReason: optional,
  unholdAt: optionalTime,
  dispatchBy: optionalTime,
  updatedAt: time,
  poNo: optionalId,
  fulfillmentType: optional,
  shipTo: ShipTo.nullish(),
  lines: z.array(OrderLine).min(1).max(1000),
  shipments: z.array(Shipment).max(100).nullish(),
})
export type Order = z.infer<typeof Order>

export const B2bInfo = z.object({
  ready: z.boolean(),
  billTo: z.object({ name: optional, gstin: optional, address: optional, stateCode: optional })
    .nullish(),
})
export type B2bInfo = z.infer<typeof B2bInfo>

export const Acknowledged = z.object({ acknowledged: quantity })
/** Of a write whose answer tells nothing that we need. */
export const Anything = z.unknown()

export const Manifest = z.object({
  manifestId: id,
  status: z.enum(['OPEN', 'CLOSED']),
  shipments: z.array(id).max(1000),
  dispatchDate: optionalDay,
  updatedAt: time,
})
export type Manifest = z.infer<typeof Manifest>
export const Manifests = z.object({ content: z.array(Manifest) })

export const Return = z.object({
  returnOrderNo: id,
  returnType: word,
  status: word,
  createdDate: time,
  updatedAt: time,
  custOrderNo: id,
  fwdShipmentId: optionalId,
  fwdAwb: optionalId,
  returnCarrier: optional,
  returnAwb: optionalId,
  threePlStatus: blankable(word),
  deliveredDate: optionalTime,
  reason: optional,
  disposition: optional,
  creditNoteNo: optionalId,
  creditNoteDate: optionalTime,
  creditNoteValue: optionalMoney,
  lines: z.array(z.object({
    sellerOrderNo: id,
    jioCode: id,
    sellerSku: optional,
    quantity,
    qcReason: optional,
  })).min(1).max(1000),
})
export type Return = z.infer<typeof Return>

const SettlementLine = z.object({
  internalDocNo: id,
  journeyType: word,
  custOrderNo: optionalId,
  awb: optionalId,
  grossValue: money,
  commission: money,
  logistics: money,
  feeGst: money,
  tcs: money,
  tds: money,
  penalty: money,
  penaltyReason: optional,
  netValue: money,
})
export type SettlementLine = z.infer<typeof SettlementLine>

export const Settlement = z.object({
  clearingDocNo: id,
  clearingDate: optionalDay,
  expectedSettlementDate: optionalDay,
  status: word,
  updatedAt: time,
  totalValue: money,
  lines: z.array(SettlementLine).max(100_000),
})
export type Settlement = z.infer<typeof Settlement>

export const Updated = z.object({ updated: quantity })
export const StockItems = z.object({
  items: z.array(z.object({ sellerSku: text, quantity: z.int32() })),
})

/** What a refusal tells; `errors` names the bad lines of a write that is all or nothing. */
export const RefusalBody = z.object({
  code: z.string().regex(/^[A-Z][A-Z0-9_]{1,60}$/),
  shipmentId: id.optional(),
  errors: z.array(z.object({
    code: z.string().regex(/^[A-Z][A-Z0-9_]{1,60}$/),
    custOrderNo: z.string().optional(),
    sellerOrderNo: z.string().optional(),
    jioCode: z.string().optional(),
    sellerSku: z.string().optional(),
  })).optional().catch(undefined),
})
export type RefusalBody = z.infer<typeof RefusalBody>
