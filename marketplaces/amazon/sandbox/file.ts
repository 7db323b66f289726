/** Order lines of a real sale report as orders; the report names no buyer, so those are invented. */
import { csvRecords, digitsOf, randomFor } from 'robnu/testing'
import type { Change, Line, SandboxOrder } from './orders.ts'

export interface Report {
  readonly orders: SandboxOrder[]
  /** The midnight in India after the newest order. */
  readonly end: number
}
type Row = Readonly<Record<string, string>>

/** Reads a .csv or .csv.gz; throws one sentence when it is not such a report. */
export const readReport = async (path: string, seed: number): Promise<Report> => {
  const drafts = new Map<string, Draft>()
  const share = sharing()
  try {
    for await (const row of csvRecords(path)) {
      const id = cell(row, 'Order ID')
      const draft = drafts.get(id) ?? draftOf(row, share)
      drafts.set(id, draft)
      addLine(draft, row, seed, share)
    }
    if (drafts.size === 0) throw new Error('it has no rows')
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`Cannot read ROBNU_SANDBOX_AMAZON_ORDERS "${path}": ${why}`, { cause })
  }
  let end = -Infinity
  for (const { day } of drafts.values()) end = Math.max(end, day + dayMs)
  return { orders: [...drafts.values()].map((draft) => orderOf(draft, seed, end)), end }
}

interface Draft {
  readonly id: string
  readonly day: number
  readonly word: ReportWord
  readonly rest: Omit<SandboxOrder, 'id' | 'createdAt' | 'changes' | 'lines'>
  readonly lines: Line[]
  /** The rows behind the lines, all cells but the running number. */
  readonly rows: string[]
}
type Share = (text: string) => string

const dayMs = 86_400_000
const hourMs = 3_600_000
const indiaMs = 5.5 * hourMs // the report's days are India's

const draftOf = (row: Row, share: Share): Draft => ({
  id: cell(row, 'Order ID'),
  day: dayOf(cell(row, 'Date')),
  word: wordOf(cell(row, 'Status')),
  rest: {
    channel: cell(row, 'Sales Channel ') === 'Amazon.in' ? 'AMAZON' : 'NON_AMAZON',
    fulfilledBy: cell(row, 'Fulfilment') === 'Merchant' ? 'MERCHANT' : 'AMAZON',
    service: cell(row, 'ship-service-level') === 'Expedited' ? 'EXPEDITED' : 'STANDARD',
    business: cell(row, 'B2B') === 'True',
    city: share(cell(row, 'ship-city')),
    state: share(cell(row, 'ship-state')),
    // the report was once a table of floats: 400081.0
    postalCode: share(cell(row, 'ship-postal-code').replace(/\.0$/, '')),
    open: true,
  },
  lines: [],
  rows: [],
})

const addLine = (draft: Draft, row: Row, seed: number, share: Share): void => {
  const { index: _, ...cells } = row
  const whole = Object.values(cells).join('\n')
  const twin = draft.lines[draft.rows.indexOf(whole)]
  draft.rows.push(whole)
  // a row that came twice is one line that is told twice
  draft.lines.push(twin ?? lineOf(draft, row, seed, share))
}

const lineOf = ({ id, lines }: Draft, row: Row, seed: number, share: Share): Line => {
  const sku = share(cell(row, 'SKU'))
  const before = new Set(lines.filter((line) => line.sku === sku).map((line) => line.itemId))
  const quantity = Number(cell(row, 'Qty'))
  if (!Number.isInteger(quantity) || quantity < 0) throw new Error(`order ${id} has no quantity`)
  return {
    itemId: digitsOf(seed, `${id}/${sku}/${before.size + 1}`, 14),
    sku,
    asin: share(cell(row, 'ASIN')),
    title: share(`${cell(row, 'Category')} ${cell(row, 'Style')}, size ${cell(row, 'Size')}`),
    quantity,
    amount: share(cell(row, 'Amount')) || null,
    currency: share(cell(row, 'currency') || 'INR'),
  }
}

const orderOf = (
  { id, day, word, rest, lines }: Draft,
  seed: number,
  end: number,
): SandboxOrder => {
  const random = randomFor(seed, `report/${id}`)
  const seconds = (mostMs: number) => random.int(0, mostMs / 1000) * 1000
  const createdAt = day + seconds(dayMs - quietMs)
  const [leastHours, mostHours] = word.hours
  const wanted = createdAt + leastHours * hourMs + seconds((mostHours - leastHours) * hourMs)
  // what would have happened after the end of the report happened in its last hours
  const latest = end - quietMs - seconds(6 * hourMs)
  const at = Math.max(createdAt, Math.min(wanted, latest))
  return { ...rest, id, createdAt, lines, changes: [{ ...word.change, at }] }
}

const quietMs = 600_000 // nothing in the last minutes: every order shows when the clock starts

interface ReportWord {
  readonly change: Omit<Change, 'at'>
  /** How long after the placing of the order it came to this. */
  readonly hours: readonly [least: number, most: number]
}

const words: Readonly<Record<string, ReportWord>> = {
  'Pending': { change: { status: 'PENDING' }, hours: [0, 1] },
  'Pending - Waiting for Pick Up': {
    change: { status: 'UNSHIPPED', parcel: 'PENDING_PICK_UP' },
    hours: [2, 30],
  },
  'Cancelled': { change: { status: 'CANCELLED', cancelledBy: 'BUYER' }, hours: [1, 48] },
  'Shipping': { change: { status: 'UNSHIPPED' }, hours: [1, 24] },
  'Shipped': { change: { status: 'SHIPPED' }, hours: [4, 72] },
  'Shipped - Picked Up': { change: { status: 'SHIPPED', parcel: 'PICKED_UP' }, hours: [6, 60] },
  'Shipped - Out for Delivery': {
    change: { status: 'SHIPPED', parcel: 'OUT_FOR_DELIVERY' },
    hours: [48, 144],
  },
  'Shipped - Delivered to Buyer': {
    change: { status: 'SHIPPED', parcel: 'DELIVERED' },
    hours: [48, 168],
  },
  'Shipped - Rejected by Buyer': {
    change: { status: 'SHIPPED', parcel: 'REJECTED_BY_BUYER' },
    hours: [48, 168],
  },
  'Shipped - Returning to Seller': {
    change: { status: 'SHIPPED', parcel: 'RETURNING_TO_SELLER' },
    hours: [72, 240],
  },
  'Shipped - Returned to Seller': {
    change: { status: 'SHIPPED', parcel: 'RETURNED_TO_SELLER' },
    hours: [120, 480],
  },
  'Shipped - Lost in Transit': { change: { status: 'SHIPPED', parcel: 'LOST' }, hours: [96, 300] },
  'Shipped - Damaged': { change: { status: 'SHIPPED', parcel: 'DAMAGED' }, hours: [48, 200] },
}

const wordOf = (status: string): ReportWord => {
  const word = words[status]
  if (!word) throw new Error(`it has the unknown status "${status}"`)
  return word
}

const dayOf = (text: string): number => {
  const [, month, day, year] = /^(\d\d)-(\d\d)-(\d\d)$/.exec(text) ?? []
  const at = Date.parse(`20${year}-${month}-${day}T00:00:00Z`) - indiaMs
  if (Number.isNaN(at)) throw new Error(`it has the unreadable date "${text}"`)
  return at
}

const cell = (row: Row, column: string): string => {
  const value = row[column]
  if (value === undefined) throw new Error(`it has no column "${column}"`)
  return value
}

/** One copy of each text that is told again and again: towns, states, products. */
const sharing = (): Share => {
  const known = new Map<string, string>()
  return (text) => {
    const found = known.get(text)
    if (found === undefined) known.set(text, text)
    return found ?? text
  }
}
