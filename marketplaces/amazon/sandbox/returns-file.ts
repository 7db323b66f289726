/** The flat file of returns by return date, as Seller Central writes it. */
import type { ReportMaker } from './reports.ts'
import { returnsBy, type ReturnStep, type SandboxReturn, stepAt } from './returning.ts'
import type { Partner, World } from './world.ts'

const columns = [
  ...['Order ID', 'Order date', 'Return request date', 'Return request status', 'Amazon RMA ID'],
  ...['Merchant RMA ID', 'Label type', 'Label cost', 'Currency code', 'Return carrier'],
  ...['Tracking ID', 'Label to be paid by', 'A-to-Z Claim', 'Is prime', 'ASIN', 'Merchant SKU'],
  ...['Item Name', 'Return quantity', 'Return Reason', 'In policy', 'Return type', 'Resolution'],
  ...['Invoice number', 'Return delivery date', 'Order Amount', 'Order quantity'],
  ...['SafeT Action reason', 'SafeT claim id', 'SafeT claim state', 'SafeT claim creation time'],
  ...['SafeT claim reimbursement amount', 'Refunded Amount'],
]
type Column = (typeof columns)[number]

/** What was asked for in the window, as it stands at an instant; null: nothing. */
const returnsFile = (
  world: World,
  partner: Partner,
  { from, to, at }: { readonly from: number; readonly to: number; readonly at: number },
): string | null => {
  const rows = returnsBy(world, partner, at)
    .filter(({ type, steps }) => {
      const asked = steps[0]?.at ?? 0
      // what was refused at the door was asked for by nobody
      return type === 'CUSTOMER' && asked >= from && asked <= to
    })
    .sort((one, other) => (one.steps[0]?.at ?? 0) - (other.steps[0]?.at ?? 0))
    .flatMap((one) => {
      const step = stepAt(one, at)
      return step ? [rowOf(one, step)] : []
    })
  if (rows.length === 0) return null
  return [columns, ...rows].map((cells) => `${cells.join('\t')}\r\n`).join('')
}

const rowOf = (one: SandboxReturn, { at }: ReturnStep): string[] => {
  const { order, line, steps } = one
  const back = steps.find((step) => step.status === 'DELIVERED' && step.at <= at)?.at
  const word = requestWord(one, at)
  const cells: Partial<Record<Column, string>> = {
    'Order ID': order.id,
    'Order date': day(order.createdAt),
    'Return request date': day(steps[0]?.at ?? 0),
    'Return request status': word,
    'Amazon RMA ID': one.rmaId,
    'Label type': 'AmazonPrePaidLabel',
    'Label cost': '0.00',
    'Currency code': line.currency,
    'Return carrier': 'ATS',
    'Tracking ID': one.trackingId,
    'Label to be paid by': 'Amazon',
    'A-to-Z Claim': 'N',
    'Is prime': 'N',
    'ASIN': line.asin,
    'Merchant SKU': line.sku,
    'Item Name': line.title,
    'Return quantity': String(one.quantity),
    'Return Reason': one.reason,
    'In policy': 'Y',
    'Return type': 'C-Returns',
    'Resolution': one.subType === 'EXCHANGE' ? 'Exchange' : 'StandardRefund',
    'Return delivery date': back === undefined ? '' : day(back),
    'Order Amount': line.amount ?? '0.00',
    'Order quantity': String(line.quantity),
    'Refunded Amount': word === 'Completed' ? line.amount ?? '0.00' : '',
  }
  return columns.map((column) => cells[column] ?? '')
}

/** Seller Central knows less of a return than External Fulfillment. */
export const requestWord = (
  one: SandboxReturn,
  at: number,
): 'Approved' | 'Completed' | 'Cancelled' => {
  const status = stepAt(one, at)?.status
  if (status === 'CANCELLED' || status === 'CUSTOMER_CANCELLED_PICK_UP' || status === 'REJECTED') {
    return 'Cancelled'
  }
  return status === 'PROCESSED' || status === 'PARTIALLY_PROCESSED' ? 'Completed' : 'Approved'
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
/** 03-Nov-2022. */
const day = (ms: number): string => {
  const date = new Date(ms)
  const number = String(date.getUTCDate()).padStart(2, '0')
  return `${number}-${months[date.getUTCMonth()]}-${date.getUTCFullYear()}`
}

/** Amazon gives sixty days of it at most. */
export const returnsMaker: ReportMaker = {
  longestDays: 60,
  make: (world, partner, ask) => {
    const text = returnsFile(world, partner, ask)
    return text === null ? null : { text, type: 'text/plain;charset=UTF-8', gzip: true }
  },
}
