/** Files that tell of sub-orders: the order export in three generations, and two tax reports. */
import {
  gstStateCode,
  type OrderRow,
  type OrderState,
  orderStateRank,
  type ReportImport,
  type ReportRecord,
  type ReportResult,
} from 'robnu/plugin'
import { orderState } from '../states.ts'
import { skuOf } from '../variant.ts'
import {
  floatPaiseOf,
  isSubOrderNo,
  moneyOf,
  piecesOf,
  readerOf,
  textOf,
  timeOf,
  uselessness,
} from './cells.ts'
import { together } from './together.ts'

type Judged = { readonly row: OrderRow } | { readonly fault: string } | { readonly skipped: string }
type Judge = (record: ReportRecord, now: Date) => Judged

/** Lines of one sub-order: told twice it is one, and its furthest word holds; nothing else may differ. */
const rowsBy = (
  keyName: string,
  judgeOf: (columns: readonly string[]) => Judge,
): ReportImport<OrderRow>['rows'] =>
  async function* (columns, records, { now }) {
    const judge = judgeOf(columns)
    const keyOf = readerOf(columns, { key: keyName })
    for await (const group of together(records, (record) => keyOf(record)('key'))) {
      const rows: { line: number; row: OrderRow }[] = []
      for (const record of group) {
        const { line } = record
        const useless = uselessness(record)
        const judged = useless === undefined ? judge(record, now) : { skipped: useless }
        if ('row' in judged) rows.push({ line, row: judged.row })
        else if ('skipped' in judged) yield { lines: [line], skipped: judged.skipped }
        else yield refusal(line, judged.fault, keyOf(record)('key'))
      }
      yield* joined(rows)
    }
  }

const refusal = (line: number, rejected: string, key: string): ReportResult<OrderRow> => ({
  lines: [line],
  rejected,
  // the key stays in clear, so it must look like one
  ...(isSubOrderNo(key) ? { key } : {}),
})

const joined = function* (
  rows: readonly { readonly line: number; readonly row: OrderRow }[],
): Generator<ReportResult<OrderRow>> {
  const [first] = rows
  if (!first) return
  const same = (row: OrderRow) => {
    const [item] = row.items
    return JSON.stringify([row.orderedAt, row.totalPaise, item?.sku, item?.quantity])
  }
  if (rows.some(({ row }) => same(row) !== same(first.row))) {
    for (const { line, row } of rows) yield refusal(line, 'line-told-twice', row.externalId)
    return
  }
  const rank = ({ status }: OrderRow) => status === null ? -1 : orderStateRank(status)
  const furthest = rows.reduce((a, b) => rank(b.row) > rank(a.row) ? b : a)
  yield { lines: rows.map(({ line }) => line), row: furthest.row }
}

interface Told {
  readonly no: string
  readonly status: OrderState | null
  readonly rawStatus: string
  readonly orderedAt: Date
  readonly quantity: number
  readonly totalPaise: number | null
  readonly state: string
  readonly sku?: string | null
  readonly listingId?: string | null
  readonly title?: string | null
  readonly hsn?: string | null
  readonly gstRateBp?: number | null
  /** How much older than the order's day its content counts as. */
  readonly olderMs?: number
}

/**
 * The files tell no time of change. The day of the order stands for it, so that what the gateway tells
 * of the sub-order is never overwritten by a file, and a word of a file only leads further.
 */
const rowOf = (told: Told): OrderRow => ({
  externalId: told.no,
  status: told.status,
  rawStatus: told.rawStatus,
  onHold: false,
  orderedAt: told.orderedAt,
  updatedAt: new Date(told.orderedAt.getTime() - (told.olderMs ?? 0)),
  shipBy: null,
  currency: 'INR',
  totalPaise: told.totalPaise,
  fulfilledBy: 'SELLER',
  stateCode: gstStateCode(told.state),
  customer: null,
  items: [{
    externalId: told.no,
    sku: told.sku ?? null,
    listingId: told.listingId ?? null,
    title: told.title ?? null,
    quantity: told.quantity,
    totalPaise: told.totalPaise,
    cancelledQuantity: told.status === 'CANCELLED' ? told.quantity : 0,
    ...(told.hsn === undefined ? {} : { hsn: told.hsn }),
    ...(told.gstRateBp === undefined ? {} : { gstRateBp: told.gstRateBp }),
  }],
})

/** Tax reports know no SKU: what an order export or the gateway has told stays. */
const olderMs = 1000

const exportNames = {
  status: 'Reason for Credit Entry',
  no: 'Sub Order No',
  catalog: 'Catalog ID',
  orderedAt: 'Order Date',
  state: 'Customer State',
  title: 'Product Name',
  sku: 'SKU',
  size: 'Size',
  quantity: 'Quantity',
  listed: 'Supplier Listed Price (Incl. GST + Commission)',
  // Meesho's spelling
  discounted: 'Supplier Discounted Price (Incl GST and Commision)',
  packet: 'Packet Id',
} as const

/** 13 columns in 2026, 11 in 2025, 10 in 2022. */
export const orderReport: ReportImport<OrderRow> = {
  id: 'meesho-orders',
  name: 'Meesho order export',
  target: 'ORDERS',
  signature: [
    'Reason for Credit Entry',
    'Sub Order No',
    'Customer State',
    'Size',
    'Supplier Listed Price (Incl. GST + Commission)',
  ],
  groupBy: ['Sub Order No'],
  rows: rowsBy(exportNames.no, (columns) => {
    const cellsOf = readerOf(columns, exportNames)
    return (record, now) => {
      const cell = cellsOf(record)
      const no = cell('no')
      const quantity = piecesOf(cell('quantity'))
      const price = moneyOf(cell('discounted') || cell('listed'))
      const orderedAt = timeOf(cell('orderedAt'))
      if (!isSubOrderNo(no)) return { fault: 'bad-sub-order-no' }
      if (!orderedAt || orderedAt > now) return { fault: 'bad-date' }
      if (!quantity) return { fault: 'bad-quantity' }
      if (price === undefined || (price ?? 0) < 0) return { fault: 'money-not-in-paise' }
      return {
        row: rowOf({
          ...{ no, quantity, orderedAt },
          status: orderState(cell('status'), { packetId: textOf(cell('packet')) }),
          rawStatus: cell('status'),
          totalPaise: price === null ? null : price * quantity,
          state: cell('state'),
          sku: cell('sku') === '' ? null : skuOf(cell('sku'), cell('size')),
          listingId: textOf(cell('catalog')),
          // what a newer file has a column for, one of an older generation does not blank
          olderMs: cell('catalog') === '' ? olderMs / 2 : 0,
          title: textOf(cell('title')),
        }),
      }
    }
  }),
}

const gstNames = {
  no: 'sub_order_num',
  orderedAt: 'order_date',
  hsn: 'hsn_code',
  quantity: 'quantity',
  rate: 'gst_rate',
  total: 'total_invoice_value',
  state: 'end_customer_state_new',
  type: 'transaction_type',
} as const

/** GST/TCS sales: what is in it has left at least; returns are told by the return report. */
export const gstReport: ReportImport<OrderRow> = {
  id: 'meesho-gst-sales',
  name: 'Meesho GST sales report',
  target: 'ORDERS',
  signature: ['sub_order_num', 'order_num', 'hsn_code', 'gst_rate', 'total_invoice_value'],
  groupBy: ['sub_order_num'],
  rows: rowsBy(gstNames.no, (columns) => {
    const cellsOf = readerOf(columns, gstNames)
    return (record, now) => {
      const cell = cellsOf(record)
      const [no, type] = [cell('no'), cell('type')]
      if (/return|credit/i.test(type)) return { skipped: 'sale-taken-back' }
      const quantity = piecesOf(cell('quantity'))
      const totalPaise = floatPaiseOf(cell('total'))
      const rate = floatPaiseOf(cell('rate').replace('%', ''))
      const orderedAt = timeOf(cell('orderedAt'))
      if (!isSubOrderNo(no)) return { fault: 'bad-sub-order-no' }
      if (!orderedAt || orderedAt > now) return { fault: 'bad-date' }
      if (!quantity) return { fault: 'bad-quantity' }
      if (totalPaise === undefined || totalPaise < 0) return { fault: 'money-not-in-paise' }
      if (rate === undefined || rate < 0 || rate > 10_000) return { fault: 'bad-gst-rate' }
      return {
        row: rowOf({
          ...{ no, quantity, orderedAt, olderMs },
          status: 'SHIPPED',
          rawStatus: type === '' ? 'GST sale' : type,
          totalPaise: cell('total') === '' ? null : totalPaise,
          state: cell('state'),
          hsn: textOf(cell('hsn')),
          // hundredths of a per cent
          gstRateBp: cell('rate') === '' ? null : rate,
        }),
      }
    }
  }),
}

const forwardNames = {
  no: 'sub_order_num',
  orderedAt: 'order_date',
  status: 'order_status',
  state: 'state',
  price: 'price',
} as const

/** The forward report of 2022, with words in any case and prices as a program prints floats. */
export const forwardReport: ReportImport<OrderRow> = {
  id: 'meesho-gst-forward',
  name: 'Meesho GST forward report (2022)',
  target: 'ORDERS',
  signature: ['sub_order_num', 'order_status', 'gst_amount', 'meesho_price', 'price'],
  groupBy: ['sub_order_num'],
  rows: rowsBy(forwardNames.no, (columns) => {
    const cellsOf = readerOf(columns, forwardNames)
    return (record, now) => {
      const cell = cellsOf(record)
      const no = cell('no')
      const totalPaise = floatPaiseOf(cell('price'))
      const orderedAt = timeOf(cell('orderedAt'))
      if (!isSubOrderNo(no)) return { fault: 'bad-sub-order-no' }
      if (!orderedAt || orderedAt > now) return { fault: 'bad-date' }
      if (totalPaise === undefined || totalPaise < 0) return { fault: 'money-not-in-paise' }
      return {
        row: rowOf({
          ...{ no, orderedAt, olderMs },
          status: orderState(cell('status'), { packetId: null }),
          rawStatus: cell('status'),
          // the report knows no quantity, and Meesho takes single pieces
          quantity: 1,
          totalPaise: cell('price') === '' ? null : totalPaise,
          state: cell('state'),
        }),
      }
    }
  }),
}
