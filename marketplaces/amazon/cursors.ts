/** Where the syncs stand: one form for each kind of row, told apart by their members. */
import { z } from 'zod'
import { Cursor as OrdersCursor } from './schemas.ts'

const instant = z.iso.datetime()

/** A page of one status at one location, of External Fulfillment. */
const ExternalPlace = z.object({
  location: z.string(),
  status: z.string(),
  token: z.string().nullable(),
})
export type ExternalPlace = z.infer<typeof ExternalPlace>
/** A report that was ordered (null: not yet), and how much of it is stored. */
const ReportPlace = z.object({ report: z.string().nullable(), done: z.int().min(0) })
export type ReportPlace = z.infer<typeof ReportPlace>

const ReturnsWalk = z.object({
  from: instant,
  to: instant,
  at: z.union([ExternalPlace, ReportPlace]),
  /** True: it reached the present, or the end that was asked for, when it was planned. */
  last: z.boolean(),
})
export type ReturnsWalk = z.infer<typeof ReturnsWalk>

export const ReturnsCursor = z.object({
  returns: z.object({
    /** Everything older was walked when it had had time to show. */
    watermark: instant,
    walk: ReturnsWalk.nullable(),
    /** A walk over a window that somebody asked for; it never touches the watermark. */
    pass: z.object({ from: instant, to: instant, walk: ReturnsWalk }).nullable(),
  }),
})
export type ReturnsCursor = z.infer<typeof ReturnsCursor>

const MoneyWalk = z.object({
  /** Of the reports that are looked for. */
  from: instant,
  /** Of the transactions: they are asked for over a shorter time. */
  since: instant,
  to: instant,
  /** Of the next page of transactions; null: the first. */
  token: z.string().nullable(),
  /** True: the transactions of the window are stored, its settlements are not. */
  told: z.boolean(),
})
export type MoneyWalk = z.infer<typeof MoneyWalk>
/** Settlement reports that were read, so that none is read twice, and how much of the one in hand. */
const Shelf = z.object({
  known: z.array(z.object({ id: z.string(), at: instant })),
  reading: z.object({ id: z.string(), done: z.int().min(1) }).nullable(),
})
export type Shelf = z.infer<typeof Shelf>

export const PayoutsCursor = z.object({
  payouts: z.object({
    watermark: instant,
    walk: MoneyWalk.nullable(),
    shelf: Shelf,
    pass: z.object({ from: instant, to: instant, walk: MoneyWalk, shelf: Shelf }).nullable(),
  }),
})
export type PayoutsCursor = z.infer<typeof PayoutsCursor>

export const AnyCursor = z.union([OrdersCursor, ReturnsCursor, PayoutsCursor])
export type AnyCursor = z.infer<typeof AnyCursor>
