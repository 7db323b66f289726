/** The part of the gateway's answers that we read (`wire.md`): strict on that, blind to the rest. */
import { z } from 'zod'
import { dayInIndia, meeshoTime } from './times.ts'

// PostgreSQL cannot store this character in text
const text = z.string().max(2000).refine((value) => !value.includes('\0'), 'holds a zero character')
const isBlank = (value: unknown): boolean =>
  value === null || value === undefined || typeof value === 'string' && value.trim() === ''
const blankable = <S extends z.ZodType>(schema: S) =>
  z.preprocess((value) => isBlank(value) ? null : value, schema.nullable())

/** One of Meesho's words for a state or a kind. */
const word = text.min(1).max(60)
const optional = blankable(text.transform((value) => value.trim()))
/** Stands in keys and stays in clear, so it must look like an id: never a name in the wrong place. */
const id = z.string().regex(/^[\w.-]{1,80}$/, 'is not an id')
const optionalId = blankable(id)
const time = text.transform((value, ctx) => {
  const at = meeshoTime(value)
  if (!at) ctx.addIssue({ code: 'custom', message: 'is not a time' })
  return at ?? z.NEVER
})
const optionalTime = blankable(time)
const day = time.transform(dayInIndia)
/** Rupees as text; a number has been a float already. */
const money = text.transform((value) => value.trim())
const quantity = z.int32().min(0)
const code = z.string().regex(/^[A-Z][A-Z0-9_]{1,60}$/)
const url = z.url().max(4000)

export const Account = z.object({
  supplier_identifier: id,
  merchant_id: id,
  supplier_id: z.union([z.int(), z.string()]).transform(String).nullish(),
  acceptance_preference: text.nullish(),
  location_external_identifier: id.nullish(),
})
export type Account = z.infer<typeof Account>

/** Each row is parsed on its own, so that one bad row is not a bad page. */
export const RawPage = z.object({
  data: z.array(z.unknown()).max(1000),
  next_cursor: z.string().min(1).max(2000).nullish(),
})
export type RawPage = z.infer<typeof RawPage>

export const SubOrder = z.object({
  sub_order_no: id,
  order_no: id,
  status: word,
  verified: z.boolean(),
  on_hold: z.boolean().nullish(),
  order_date: time,
  sku: text.min(1).max(200),
  size: optional.pipe(z.string().max(60).nullable()),
  quantity,
  product_name: optional,
  catalog_id: optionalId,
  discounted_price: blankable(money),
  customer_state: optional,
  packet_id: optionalId,
  awb: optionalId,
  courier: optional.pipe(z.string().max(100).nullable()),
  manifest_id: optionalId,
  exchange_of: optionalId,
  dispatch_by: optionalTime,
  updated_at: time,
})
export type SubOrder = z.infer<typeof SubOrder>
export const SubOrders = z.object({ data: z.array(SubOrder).max(1000) })

/** What a write says of each of its items. */
export const Accepted = z.object({
  results: z.array(z.object({
    sub_order_no: id,
    status: z.enum(['OK', 'FAILED']),
    code: code.nullish(),
  })).max(1000),
})

export const AskedLabels = z.object({ job_id: id })
export const Job = z.object({
  job_id: id,
  status: z.enum(['RUNNING', 'DONE', 'FAILED']),
  expires_at: optionalTime,
  labels: z.array(z.object({ sub_order_no: id, url })).max(1000).nullish(),
  failed: z.array(z.object({ sub_order_no: id, code })).max(1000).nullish(),
})
export type Job = z.infer<typeof Job>

const excluded = z.array(z.object({ sub_order_no: id, code, manifest_id: optionalId })).max(1000)
export const Manifest = z.object({
  manifest_id: id,
  courier: optional,
  date: day,
  parcels: z.array(z.object({ sub_order_no: id, packet_id: id })).max(1000),
  url: blankable(url),
  updated_at: time,
  excluded: excluded.nullish(),
})
export type Manifest = z.infer<typeof Manifest>
export type Excluded = NonNullable<Manifest['excluded']>[number]

export const Return = z.object({
  sub_order_no: id,
  type: word,
  status: word,
  created_at: time,
  updated_at: time,
  delivered_at: optionalTime,
  courier: optional.pipe(z.string().max(100).nullable()),
  awb: optionalId,
  forward_awb: optionalId,
  packet_id: optionalId,
  attempt: blankable(quantity),
  quantity,
  sku: text.min(1).max(200),
  size: optional.pipe(z.string().max(60).nullable()),
  reason: optional,
  detailed_reason: optional,
})
export type Return = z.infer<typeof Return>

export const PaymentFiles = z.object({
  files: z.array(z.object({
    name: text.min(1).max(200),
    url,
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    updated_at: time,
  })).max(100),
})
export type PaymentFile = z.infer<typeof PaymentFiles>['files'][number]

export const StockResults = z.object({
  results: z.array(z.object({
    sku: text,
    size: text,
    status: z.enum(['OK', 'FAILED']),
    code: code.nullish(),
  })).max(1000),
})

/** What a refusal tells; `excluded` of a manifest for which nothing was left. */
export const RefusalBody = z.object({
  error: z.object({ code, server_time: z.number().optional().catch(undefined) }),
  excluded: excluded.optional().catch(undefined),
})
export type RefusalBody = z.infer<typeof RefusalBody>
