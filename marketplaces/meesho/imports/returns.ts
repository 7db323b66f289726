/** The return report of the panel: what buyers send back, and what never reached one (RTO). */
import {
  type ReportImport,
  type ReportRecord,
  type ReportResult,
  type ReturnKind,
  type ReturnRow,
  returnStateRank,
} from 'robnu/plugin'
import { returnIdOf } from '../read.ts'
import { returnKind, returnState } from '../states.ts'
import { skuOf } from '../variant.ts'
import {
  dayOf,
  isSubOrderNo,
  piecesOf,
  readerOf,
  startOfDay,
  textOf,
  timeOf,
  uselessness,
} from './cells.ts'
import { together } from './together.ts'

const names = {
  sku: 'SKU',
  size: 'Variation',
  quantity: 'Qty',
  no: 'Suborder Number',
  createdAt: 'Return Created Date',
  type: 'Type of Return',
  subType: 'Sub Type',
  // turns into the day on which it came, or was lost
  expected: 'Expected Delivery Date',
  courier: 'Courier Partner',
  awb: 'AWB Number',
  status: 'Status',
  attempt: 'Attempt',
  reason: 'Return Reason',
  detail: 'Detailed Return Reason',
} as const
type Cell = (name: keyof typeof names) => string

export const returnReport: ReportImport<ReturnRow> = {
  id: 'meesho-returns',
  name: 'Meesho return report',
  target: 'RETURNS',
  signature: [
    'Suborder Number',
    'Type of Return',
    'Return Created Date',
    'Courier Partner',
    'AWB Number',
  ],
  groupBy: ['Suborder Number'],
  rows: async function* (columns, records, { now }) {
    const cellsOf = readerOf(columns, names)
    for await (const group of together(records, (record) => cellsOf(record)('no'))) {
      const found = new Map<string, { lines: number[]; row: ReturnRow }>()
      for (const record of group) {
        const judged = judge(record, cellsOf(record), now)
        if (!('row' in judged)) {
          yield judged
          continue
        }
        const { row } = judged
        const known = found.get(row.externalId)
        if (!known) found.set(row.externalId, { lines: [record.line], row })
        else {
          // told twice it is one, as far as it has come
          known.lines.push(record.line)
          if (rank(row) > rank(known.row)) known.row = row
        }
      }
      yield* found.values()
    }
  },
}

const rank = ({ status }: ReturnRow): number => status === null ? -1 : returnStateRank(status)

const judge = (record: ReportRecord, cell: Cell, now: Date): ReportResult<ReturnRow> => {
  const lines = [record.line]
  const useless = uselessness(record)
  if (useless !== undefined) return { lines, skipped: useless }
  const no = cell('no')
  const reject = (rejected: string): ReportResult<ReturnRow> => ({
    ...{ lines, rejected },
    ...(isSubOrderNo(no) ? { key: no } : {}),
  })
  const kind = kindOf(cell)
  const createdAt = timeOf(cell('createdAt'))
  const quantity = cell('quantity') === '' ? 1 : piecesOf(cell('quantity'))
  if (!isSubOrderNo(no)) return reject('bad-sub-order-no')
  if (kind === null) return reject('unknown-return-type')
  if (!createdAt || createdAt > now) return reject('bad-date')
  if (!quantity) return reject('bad-quantity')
  return { lines, row: rowOf(cell, { no, kind, createdAt, quantity, now }) }
}

/** The type knows two kinds; an exchange is a customer return by its second word. */
const kindOf = (cell: Cell): ReturnKind | null => {
  const kind = returnKind(cell('type'))
  return kind === 'CUSTOMER_RETURN' && /exchange/i.test(cell('subType')) ? 'EXCHANGE' : kind
}

interface Told {
  readonly no: string
  readonly kind: ReturnKind
  readonly createdAt: Date
  readonly quantity: number
  readonly now: Date
}

const rowOf = (cell: Cell, { no, kind, createdAt, quantity, now }: Told): ReturnRow => {
  const status = returnState(cell('status'))
  const arrival = arrivalOf(cell)
  const isOver = status === 'DELIVERED' || /lost/i.test(cell('status'))
  const endedAt = isOver && arrival && arrival >= createdAt && arrival <= now ? arrival : null
  const attempts = piecesOf(cell('attempt')) ?? 0
  return {
    externalId: returnIdOf(no, kind, createdAt),
    orderExternalId: no,
    kind,
    status,
    rawStatus: attempts > 0 ? `${cell('status')}, attempt ${attempts}` : cell('status'),
    reason: reasonOf(cell),
    initiatedAt: createdAt,
    updatedAt: endedAt ?? createdAt,
    deliveredAt: status === 'DELIVERED' ? endedAt : null,
    shipmentExternalId: null,
    awbs: cell('awb') === '' ? [] : [{ awb: cell('awb'), carrier: textOf(cell('courier')) }],
    creditNote: null,
    items: [{
      externalId: no,
      itemExternalId: no,
      sku: cell('sku') === '' ? null : skuOf(cell('sku'), cell('size')),
      quantity,
      condition: null,
    }],
  }
}

/** `2026-08-27`, or with a word before it: `Delivered on 27-08-2026`. */
const arrivalOf = (cell: Cell): Date | undefined => {
  const [date = ''] = /\d{4}-\d{2}-\d{2}|\d{2}-\d{2}-\d{4}|\d{1,2} [A-Za-z]{3,9},? \d{4}/
    .exec(cell('expected')) ?? []
  const day = dayOf(date)
  return day === undefined ? undefined : startOfDay(day)
}

const reasonOf = (cell: Cell): string | null => {
  const told = new Set([cell('reason'), cell('detail')].filter((one) => one !== ''))
  return told.size === 0 ? null : [...told].join(': ').slice(0, 500)
}
