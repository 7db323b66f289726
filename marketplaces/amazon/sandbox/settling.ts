/** Settlements: cut by themselves every week or fortnight, paid two days later, told as a flat file. */
import { digitsOf } from 'robnu/testing'
import { eventsOfOrder, type MoneyEvent, type MoneyRow, sumOf } from './money.ts'
import { iso } from './wire.ts'
import type { Partner, World } from './world.ts'

const settlementType = 'GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2'

export interface Settlement {
  readonly id: string
  readonly from: number
  readonly to: number
  /** When its report is there. */
  readonly listedAt: number
  readonly depositAt: number
  readonly reportId: string
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs
/** The first of them lies so long before the start: inside of the ninety days that reports are kept. */
const firstMs = 77 * dayMs
const closed = new WeakMap<Partner, number[]>()

/** Cuts what is there now, beside the calendar: an act. */
export const closeNow = (world: World, partner: Partner): void => {
  closed.set(partner, [...closed.get(partner) ?? [], world.at()])
}

/** The first partner is paid every week, the others every fortnight. */
const periodOf = ({ partners }: World, { id }: Partner): number =>
  [...partners.keys()][0] === id ? 7 * dayMs : 14 * dayMs

/** All whose report is there by then, the oldest first. */
export const settlementsBy = (world: World, partner: Partner, at: number): Settlement[] => {
  const period = periodOf(world, partner)
  const regular: number[] = []
  for (let cut = world.start - firstMs; cut <= at; cut += period) regular.push(cut)
  const asked = closed.get(partner) ?? []
  const cuts = [...new Set([...regular, ...asked])].sort((a, b) => a - b)
  return cuts.map((to, index): Settlement => {
    const key = `settlement/${partner.id}/${to}`
    return {
      id: digitsOf(world.seed, key, 11),
      from: cuts[index - 1] ?? to - period,
      to,
      listedAt: asked.includes(to) ? to : to + 6 * hourMs,
      depositAt: to + 2 * dayMs,
      reportId: digitsOf(world.seed, `report/${key}`, 12),
    }
  }).filter(({ listedAt }) => listedAt <= at)
}

const cut = new WeakMap<Partner, Map<string, readonly MoneyEvent[]>>()

/** By the instant from which it may be paid; what is older than the first settlement is in it. */
export const eventsIn = (
  world: World,
  partner: Partner,
  settlement: Settlement,
): readonly MoneyEvent[] => {
  const known = cut.get(partner) ?? new Map<string, readonly MoneyEvent[]>()
  cut.set(partner, known)
  // what has happened stays as it is
  const found = known.get(settlement.id) ?? cutOf(world, partner, settlement)
  known.set(settlement.id, found)
  return found
}

const cutOf = (world: World, partner: Partner, { id, from, to }: Settlement): MoneyEvent[] => {
  const isFirst = to <= world.start - firstMs
  const found: MoneyEvent[] = [feeOf(id, to)]
  for (const event of eventsOf(world, partner)) {
    if (event.releasedAt < to && (isFirst || event.releasedAt >= from)) found.push(event)
  }
  return found.sort((one, other) =>
    one.releasedAt - other.releasedAt || (one.id < other.id ? -1 : 1)
  )
}

export function* eventsOf(world: World, partner: Partner): Generator<MoneyEvent> {
  for (const order of partner.books.all()) yield* eventsOfOrder(world, partner, order)
}

/** What the account itself costs: of no order. */
export const feeOf = (settlementId: string, cutAt: number): MoneyEvent => ({
  id: `fee/${settlementId}`,
  ...{ kind: 'ServiceFee', order: undefined, reference: '', isDeferred: false },
  ...{ postedAt: cutAt - hourMs, releasedAt: cutAt - hourMs },
  rows: [{
    ...{ amountType: 'other-transaction', description: 'Subscription Fee' },
    ...{ paise: -49_900, line: undefined, quantity: undefined },
  }],
})

const columns = [
  ...['settlement-id', 'settlement-start-date', 'settlement-end-date', 'deposit-date'],
  ...['total-amount', 'currency', 'transaction-type', 'order-id', 'merchant-order-id'],
  ...['adjustment-id', 'shipment-id', 'marketplace-name', 'amount-type', 'amount-description'],
  ...['amount', 'fulfillment-id', 'posted-date', 'posted-date-time', 'order-item-code'],
  ...['merchant-order-item-id', 'merchant-adjustment-item-id', 'sku', 'quantity-purchased'],
]

/** What a settlement comes to. */
export const totalOf = (world: World, partner: Partner, settlement: Settlement) => {
  const rows = eventsIn(world, partner, settlement).flatMap((event) => event.rows)
  return { totalPaise: sumOf(rows), lines: rows.length }
}

/** Amazon's own file; the older generation has no promotions and writes its days as Germans do. */
export const statementOf = (
  world: World,
  partner: Partner,
  settlement: Settlement,
  generation: 'ISO' | 'DOTTED' = partner.id === [...world.partners.keys()][0] ? 'ISO' : 'DOTTED',
): string => {
  const write = generation === 'ISO' ? isoTime : dottedTime
  const names = generation === 'ISO' ? [...columns, 'promotion-id'] : columns
  const events = eventsIn(world, partner, settlement)
  const rows = events.flatMap((event) => event.rows.map((row) => ({ event, row })))
  const { totalPaise } = totalOf(world, partner, settlement)
  const head: Record<string, string> = {
    'settlement-id': settlement.id,
    'settlement-start-date': write(settlement.from),
    'settlement-end-date': write(settlement.to),
    'deposit-date': write(settlement.depositAt),
    'total-amount': decimal(totalPaise),
    'currency': 'INR',
  }
  const lines = [head, ...rows.map(({ event, row }) => cellsOf(settlement, event, row, write))]
    .map((cells) => names.map((name) => cells[name] ?? '').join('\t'))
  return [names.join('\t'), ...lines, ''].join('\n')
}

const cellsOf = (
  settlement: Settlement,
  event: MoneyEvent,
  row: MoneyRow,
  write: (ms: number) => string,
): Record<string, string> => {
  const { order, kind, reference } = event
  const posted = write(event.releasedAt)
  return {
    'settlement-id': settlement.id,
    'transaction-type': kind === 'Shipment' ? 'Order' : kind,
    'order-id': order?.id ?? '',
    'adjustment-id': kind === 'Refund' ? reference : '',
    'shipment-id': kind === 'Shipment' ? reference : '',
    'marketplace-name': order ? 'Amazon.in' : '',
    'amount-type': row.amountType,
    'amount-description': row.description,
    'amount': decimal(row.paise),
    'fulfillment-id': order ? order.fulfilledBy === 'AMAZON' ? 'AFN' : 'MFN' : '',
    'posted-date': posted.slice(0, 10),
    'posted-date-time': posted,
    'order-item-code': row.line?.itemId ?? '',
    'sku': row.line?.sku ?? '',
    'quantity-purchased': row.quantity === undefined ? '' : String(row.quantity),
    'promotion-id': row.promotion ?? '',
  }
}

export const decimal = (paise: number): string => {
  const digits = String(Math.abs(paise)).padStart(3, '0')
  return `${paise < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}
const isoTime = (ms: number): string => iso(ms).replace('Z', '+00:00')
/** 30.06.2022 18:30:00 UTC */
const dottedTime = (ms: number): string => {
  const [, year, month, day, time] = /^(\d+)-(\d+)-(\d+)T([\d:]+)Z$/.exec(iso(ms)) ?? []
  return `${day}.${month}.${year} ${time} UTC`
}

/** As `getReports` finds them. */
export const settlementReports = (world: World, partner: Partner, at: number) =>
  settlementsBy(world, partner, at).map((one) => ({
    id: one.reportId,
    type: settlementType,
    createdAt: one.listedAt,
    window: { from: one.from, to: one.to },
    document: () => ({
      text: statementOf(world, partner, one),
      ...{ type: 'text/plain;charset=UTF-8', gzip: true },
    }),
  }))
