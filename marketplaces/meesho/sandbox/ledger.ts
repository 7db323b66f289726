/** What an honest ledger has to show now, in Robnu's own words, told by the sandbox's own truth. */
import { ledgerSku } from './catalogue.ts'
import { type Order, type OrderWord, type Return, type Supplier, totalOf } from './model.ts'
import { rupees } from './words.ts'
import { variantKey } from './catalogue.ts'

const orderStates: Readonly<Record<OrderWord, string>> = {
  PENDING: 'NEW',
  READY_TO_SHIP: 'READY_TO_SHIP',
  SHIPPED: 'SHIPPED',
  OUT_FOR_DELIVERY: 'OUT_FOR_DELIVERY',
  DELIVERED: 'DELIVERED',
  DOOR_STEP_EXCHANGED: 'DELIVERED',
  CANCELLED: 'CANCELLED',
  RTO_INITIATED: 'RTO_IN_TRANSIT',
  RTO_LOCKED: 'RTO_IN_TRANSIT',
  RTO_OFD: 'RTO_IN_TRANSIT',
  RTO_DELIVERY_FAILED: 'RTO_IN_TRANSIT',
  RTO_COMPLETE: 'RTO_RECEIVED',
  LOST: 'LOST',
  SHIPMENT_LOST: 'LOST',
}

export const ledgerOf = (supplier: Supplier): object => {
  const orders = [...supplier.orders.values()]
  return {
    orders: orders.map((order) => ({
      id: order.no,
      state: stateOf(order),
      onHold: order.status === 'PENDING' && (order.onHold || !order.verified),
      totalPaise: order.variant.pricePaise * order.quantity,
      items: [{
        id: order.no,
        quantity: order.quantity,
        cancelled: order.status === 'CANCELLED' ? order.quantity : 0,
      }],
    })),
    returns: [...supplier.returns.values()].map((one) => ({
      id: one.id,
      orderId: one.order.no,
      kind: returnKinds[one.type],
      state: returnState(one),
      quantity: one.order.quantity,
    })),
    payouts: payoutsOf(supplier),
    stock: Object.fromEntries(
      supplier.variants.map((one) => [ledgerSku(one), supplier.stock.get(variantKey(one)) ?? 0]),
    ),
    parcels: Object.fromEntries(
      orders.map(({ no, packet, status }) => [no, packet && status !== 'CANCELLED' ? 1 : 0]),
    ),
  }
}

const stateOf = ({ status, packet, manifest }: Order): string => {
  if (status !== 'READY_TO_SHIP') return orderStates[status]
  return manifest ? 'MANIFESTED' : packet ? 'READY_TO_SHIP' : 'ACKNOWLEDGED'
}

const returnKinds: Readonly<Record<Return['type'], string>> = {
  'Customer Return': 'CUSTOMER_RETURN',
  'Courier Return (RTO)': 'RTO',
  'Exchange': 'EXCHANGE',
}
/** A return that was lost stays where it was seen last: the ledger has no word for it. */
const returnState = ({ status, lastSeen }: Return): string => {
  const seen = status === 'LOST' ? lastSeen : status
  return seen === 'CREATED' ? 'INITIATED' : seen === 'OUT_FOR_DELIVERY' ? 'IN_TRANSIT' : seen
}

const payoutsOf = ({ dues, adjustments }: Supplier): object[] => {
  const shown = (state: string, groups: Map<string, readonly number[]>) =>
    [...groups].map(([id, paise]) => ({
      ...{ id, state },
      amount: rupees(paise.reduce((sum, one) => sum + one, 0)),
      lines: paise.length,
    }))
  const by = <T>(all: readonly T[], keyOf: (one: T) => string, paiseOf: (one: T) => number) =>
    new Map([...Map.groupBy(all, keyOf)].map(([key, some]) => [key, some.map(paiseOf)]))
  const prefixes = {
    'Ads Cost': 'ADS',
    'Referral Payments': 'REFERRAL',
    'Compensation and Recovery': 'COMPENSATION',
  }
  const open = dues.filter(({ payment }) => !payment)
  const paid = dues.filter(({ payment }) => payment)
  return [
    ...shown('PAID', by(paid, ({ payment }) => payment?.id ?? '', totalOf)),
    ...shown('OPEN', by(open, ({ dueOn }) => `EXP-${dueOn}`, totalOf)),
    ...shown(
      'PAID',
      by(adjustments, ({ sheet, day }) => `${prefixes[sheet]}-${day}`, ({ netPaise }) => netPaise),
    ),
  ]
}
