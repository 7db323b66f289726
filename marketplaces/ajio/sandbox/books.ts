/** The sandbox's own truth, for tests to hold against what somebody else believes. */
import { cancelledOf, type Order, type Pob, type Return, type Settlement } from './model.ts'
import { netOf, settlementNo, totalOf } from './wire.ts'

/** Money in whole paise. */
export const booksOf = (pob: Pob, withOrders: boolean): object => {
  const returns = [...pob.returns.values()]
  const byOrder = Map.groupBy(returns, ({ order }) => order)
  return {
    orders: withOrders
      ? [...pob.orders.values()].map((order) => orderBook(order, byOrder.get(order) ?? []))
      : [],
    manifests: [...pob.manifests.values()].map((manifest) => ({
      id: manifest.id,
      reference: manifest.reference,
      status: manifest.closedAt === undefined ? 'OPEN' : 'CLOSED',
      dispatchDate: manifest.dispatchDate ?? null,
      shipments: [...manifest.parcels].map(({ id }) => id),
    })),
    settlements: pob.settlements.map(settlementBook),
    /** Not in any settlement yet. */
    pendingPaise: pob.pending.reduce((sum, line) => sum + netOf(line), 0),
    stock: Object.fromEntries(pob.stock),
    asked: Object.fromEntries(pob.asked),
    done: Object.fromEntries(pob.done),
  }
}

const orderBook = (order: Order, returns: readonly Return[]): object => {
  const { parcel } = order
  const back = (sellerOrderNo: string): number =>
    returns.filter(({ status }) => status !== 'RETURN_CANCELLED').flatMap(({ lines }) => lines)
      .filter(({ line }) => line.sellerOrderNo === sellerOrderNo)
      .reduce((sum, { quantity }) => sum + quantity, 0)
  return {
    no: order.no,
    poNo: order.poNo,
    status: order.status,
    onHold: order.onHold,
    placedAt: new Date(order.placedAt).toISOString(),
    totalPaise: order.lines.reduce((sum, one) => sum + one.orderQty * one.product.pricePaise, 0),
    lines: order.lines.map((line) => ({
      sellerOrderNo: line.sellerOrderNo,
      jioCode: line.product.jioCode,
      sku: line.product.sku,
      orderQty: line.orderQty,
      confirmedQty: line.confirmedQty,
      shippedQty: line.shippedQty,
      cancelledQty: cancelledOf(line),
      customerCancelledQty: line.cancelled.buyer,
      sellerCancelledQty: line.cancelled.seller,
      returnedQty: back(line.sellerOrderNo),
    })),
    packages: parcel ? 1 : 0,
    shipment: parcel
      ? {
        id: parcel.id,
        status: parcel.status,
        awb: parcel.awb,
        invoiceNo: parcel.invoiceNo,
        manifestId: parcel.manifest?.id ?? null,
        quantities: parcel.lines.map(({ line, quantity }) => ({
          sellerOrderNo: line.sellerOrderNo,
          quantity,
        })),
      }
      : null,
    returns: returns.map((one) => ({
      no: one.no,
      type: one.type,
      status: one.status,
      courier: one.courier,
      awb: one.awb,
      lines: one.lines.map(({ line, quantity }) => ({
        sellerOrderNo: line.sellerOrderNo,
        quantity,
      })),
      creditNotePaise: one.credit?.paise ?? null,
    })),
  }
}

const settlementBook = (one: Settlement): object => ({
  clearingDocNo: settlementNo(one),
  status: one.status,
  expectedOn: one.expectedOn,
  totalPaise: totalOf(one),
  lines: one.lines.map((line) => ({
    internalDocNo: line.docNo,
    journeyType: line.journey,
    custOrderNo: line.parcel.order.no,
    grossPaise: line.gross,
    commissionPaise: line.commission,
    logisticsPaise: line.logistics,
    feeGstPaise: line.feeGst,
    tcsPaise: line.tcs,
    tdsPaise: line.tds,
    penaltyPaise: line.penalty,
    netPaise: netOf(line),
  })),
})
