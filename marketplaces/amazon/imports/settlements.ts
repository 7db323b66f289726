/**
 * Amazon's settlement report (flat file V2): one file is one settlement. Its first row has the totals
 * and no amount; every other row has one amount. What does not sum up to the total is not taken over.
 */
import type { PayoutLineRow, PayoutRow, ReportImport, ReportRecord } from 'robnu/plugin'
import type { ReportResult } from 'robnu/plugin'
import { eventId, shareOf } from '../events.ts'
import { dayOf, decimalOf, isCutOff, readerOf, textOf, type TimeReader } from './cells.ts'
import { timesLike, unitsOf } from './cells.ts'
import { statementLineId, statementTypes } from './statement.ts'
import { together } from './together.ts'

const names = {
  settlement: 'settlement-id',
  start: 'settlement-start-date',
  end: 'settlement-end-date',
  deposit: 'deposit-date',
  total: 'total-amount',
  currency: 'currency',
  type: 'transaction-type',
  order: 'order-id',
  adjustment: 'adjustment-id',
  shipment: 'shipment-id',
  amountType: 'amount-type',
  description: 'amount-description',
  amount: 'amount',
  postedDay: 'posted-date',
  posted: 'posted-date-time',
  item: 'order-item-code',
  sku: 'sku',
} as const
type Cell = (name: keyof typeof names) => string
type Result = ReportResult<PayoutRow>

/** So many lines wait for their sum before any of them is told; a larger settlement comes in pieces. */
const wholeLines = 5_000
const pieceLines = 500

export const settlementReport: ReportImport<PayoutRow> = {
  id: 'amazon-settlements',
  name: 'Settlement report V2, flat file',
  target: 'PAYOUTS',
  signature: ['settlement-id', 'total-amount', 'amount-type', 'amount-description', 'amount'],
  groupBy: ['order-id'],
  rows: async function* (columns, records) {
    const cellsOf = readerOf(columns, names)
    let open: Open | undefined
    for await (const group of together(records, (record) => cellsOf(record)('order'))) {
      // of this order; what belongs to none has its own in the settlement
      const seen = new Map<string, number>()
      let waiting: Promise<Ready>[] = []
      for (const record of group) {
        const cell = cellsOf(record)
        if (cell('total') !== '') {
          if (open) add(open, await Promise.all(waiting))
          waiting = []
          if (open) yield* finished(open)
          open = begin(record.line, cell)
        } else if (!open || open.id !== cell('settlement')) {
          const reason = cell('settlement') === ''
            ? 'line-without-key'
            : 'settlement-without-header'
          yield refusal([record.line], reason, cell('settlement'))
        } else {
          waiting.push(readLine(open, record, cell, cell('order') === '' ? open.seen : seen))
        }
      }
      if (!open) continue
      add(open, await Promise.all(waiting))
      yield* pieces(open)
    }
    if (open) yield* finished(open)
  },
}

interface Header {
  readonly total: bigint
  readonly row: Omit<PayoutRow, 'lines'>
  readonly timeOf: TimeReader
}
interface Ready {
  readonly line: number
  readonly fault?: string
  readonly units?: bigint
  readonly row?: PayoutLineRow
}
/** The settlement that is being read. */
interface Open {
  readonly id: string
  readonly line: number
  readonly header: Header | string
  readonly seen: Map<string, number>
  sum: bigint
  isGood: boolean
  isLarge: boolean
  held: Ready[]
}

const begin = (line: number, cell: Cell): Open => {
  const header = headerOf(cell)
  return {
    ...{ id: cell('settlement'), line, header, seen: new Map(), sum: 0n, isLarge: false, held: [] },
    isGood: typeof header !== 'string',
  }
}

/** The totals, or why they cannot be read. */
const headerOf = (cell: Cell): Header | string => {
  const id = cell('settlement')
  if (id === '') return 'line-without-key'
  if (isCutOff(id)) return 'number-cut-off'
  const total = unitsOf(cell('total'))
  if (total === undefined) return 'bad-amount'
  if (!/^[A-Z]{3}$/.test(cell('currency'))) return 'bad-currency'
  const period = [cell('start'), cell('end')]
  const paid = cell('deposit') === '' ? [] : [cell('deposit')]
  const timeOf = timesLike([...period, ...paid]) ?? timesLike(period)
  const [from, to, paidAt] = [...period, ...paid].map((text) => timeOf?.(text))
  if (!timeOf || !from || !to || paid.length > 0 && !paidAt) return 'bad-date'
  const status = paidAt ? 'PAID' : 'RELEASED'
  return {
    ...{ total, timeOf },
    row: {
      externalId: id,
      status,
      rawStatus: paidAt ? 'DEPOSITED' : 'SETTLED',
      amount: decimalOf(total),
      currency: cell('currency'),
      periodFrom: dayOf(from),
      periodTo: dayOf(to),
      paidOn: paidAt ? dayOf(paidAt) : null,
      updatedAt: to,
    },
  }
}

const readLine = async (
  { id, header }: Open,
  { line }: ReportRecord,
  cell: Cell,
  seen: Map<string, number>,
): Promise<Ready> => {
  if (typeof header === 'string') return { line, fault: 'settlement-has-a-bad-line' }
  const units = unitsOf(cell('amount'))
  if (units === undefined) return { line, fault: 'bad-amount' }
  if (isCutOff(cell('order')) || isCutOff(cell('item'))) return { line, fault: 'number-cut-off' }
  const posted = cell('posted') === '' ? cell('postedDay') : cell('posted')
  const at = posted === '' ? null : header.timeOf(posted)
  if (at === undefined) return { line, fault: 'bad-date' }
  const externalId = await idOf(id, cell, at, seen)
  return { line, units, row: lineOf(cell, units, at, externalId) }
}

/**
 * The first line of each sale or refund has the id under which Finances forecasts it, the second one that
 * of the transaction report, so that they leave the forecasts. Any other has a hash of what tells it apart, with its place among equals: the file has no
 * ids, and equal rows do occur. The amount is no part of it: a corrected one is the same line.
 */
const idOf = async (
  settlement: string,
  cell: Cell,
  at: Date | null,
  seen: Map<string, number>,
): Promise<string> => {
  const reference = cell('adjustment') === '' ? cell('shipment') : cell('adjustment')
  const event = eventId(cell('type'), cell('order'), reference)
  if (event !== undefined && countIn(seen, event) === 1) return event
  if (event !== undefined && statementTypes.includes(cell('type'))) {
    const statement = statementLineId(settlement, cell('type'), cell('order'))
    if (countIn(seen, statement) === 1) return statement
  }
  const parts = [
    ...[settlement, cell('order'), cell('item'), cell('sku'), cell('type'), cell('amountType')],
    ...[cell('description'), at?.toISOString() ?? ''],
  ].join('\n')
  return await hashOf(`${parts}\n${countIn(seen, parts)}`)
}

const countIn = (seen: Map<string, number>, key: string): number => {
  const count = (seen.get(key) ?? 0) + 1
  seen.set(key, count)
  return count
}

const hashOf = async (text: string): Promise<string> => {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

const lineOf = (cell: Cell, units: bigint, at: Date | null, externalId: string): PayoutLineRow => {
  const share = shareOf(cell('amountType'), cell('description'), units < 0n)
  const net = decimalOf(units)
  const words = [cell('type'), cell('amountType'), cell('description')].filter((one) => one !== '')
  return {
    externalId,
    kind: words.join(' / ').slice(0, 100) || 'UNKNOWN',
    orderExternalId: textOf(cell('order')),
    itemExternalId: textOf(cell('item')),
    returnExternalId: null,
    awb: null,
    ...{ gross: '0.00', deductions: '0.00', fees: '0.00', taxes: '0.00' },
    [share]: net,
    net,
    deductionReason: share === 'deductions' ? textOf(cell('description')) : null,
    at,
  }
}

const add = (open: Open, lines: readonly Ready[]): void => {
  for (const ready of lines) {
    open.held.push(ready)
    open.sum += ready.units ?? 0n
    if (ready.fault !== undefined) open.isGood = false
  }
}

/**
 * A large settlement comes in pieces, so that nobody holds a million lines. If it does not sum up in the
 * end, its header is refused, and the ledger shows that its amount is not the sum of its lines.
 */
const pieces = function* (open: Open): Generator<Result> {
  if (!open.isLarge && open.held.length <= wholeLines) return
  open.isLarge = true
  while (open.held.length >= pieceLines) yield* pieceOf(open, open.held.splice(0, pieceLines))
}

const pieceOf = function* ({ id, header }: Open, ready: readonly Ready[]): Generator<Result> {
  const good = ready.flatMap(({ line, row }) => row ? [{ line, row }] : [])
  for (const { line, fault } of ready) if (fault !== undefined) yield refusal([line], fault, id)
  if (good.length === 0 || typeof header === 'string') return
  const lines = good.map(({ row }) => row)
  yield { lines: good.map(({ line }) => line), row: { ...header.row, lines } }
}

const finished = function* (open: Open): Generator<Result> {
  const { id, line, header, held } = open
  const isWhole = typeof header !== 'string' && header.total === open.sum
  if (typeof header !== 'string' && open.isGood && isWhole) {
    if (open.isLarge) yield* pieceOf(open, held)
    const rest = open.isLarge ? [] : held
    yield {
      lines: [line, ...rest.map((one) => one.line)],
      row: { ...header.row, lines: rest.flatMap(({ row }) => row ?? []) },
    }
    return
  }
  const others = open.isGood ? 'settlement-does-not-add-up' : 'settlement-has-a-bad-line'
  yield refusal([line], typeof header === 'string' ? header : others, id)
  if (open.isLarge) yield* pieceOf(open, held)
  else for (const one of held) yield refusal([one.line], one.fault ?? others, id)
}

/** The key stays in clear, so it must look like one. */
const refusal = (lines: readonly number[], rejected: string, key: string): Result => ({
  lines,
  rejected,
  ...(/^[A-Z0-9-]{1,40}$/i.test(key) ? { key } : {}),
})
