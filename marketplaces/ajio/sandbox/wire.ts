/** Orders, returns, settlements and errors as the gateway writes them. */
import { personFor, randomFor, type SandboxAnswer } from 'robnu/testing'
import {
  type Amounts,
  cancelledOf,
  type Manifest,
  type Order,
  type Parcel,
  type Return,
  type Settlement,
} from './model.ts'
import { blank, dayOf, moneyText, timeOrBlank, timeText } from './words.ts'

export const ok = (body: unknown): SandboxAnswer => ({ status: 200, body })
export const refused = (
  status: number,
  code: string,
  message: string,
  more: object = {},
): SandboxAnswer => ({ status, body: { code, message, errors: [], ...more } })
export const notFound = (): SandboxAnswer => refused(404, 'NOT_FOUND', 'There is no such thing.')
export const batchRefused = (errors: readonly object[]): SandboxAnswer =>
  refused(422, 'BATCH_REFUSED', 'Nothing was applied: some lines are wrong.', { errors })

export const wireOrder = (order: Order, at: number, seed: number): object => {
  const { no, parcel } = order
  return {
    custOrderNo: no,
    custOrderDate: timeText(order.placedAt, `${no}/date`),
    status: order.status,
    onHold: order.onHold,
    holdReason: order.onHold ? order.holdReason : blank(`${no}/reason`),
    unholdAt: order.onHold ? timeText(order.unholdAt, `${no}/unhold`) : blank(`${no}/unhold`),
    dispatchBy: timeText(order.dispatchBy, `${no}/dispatch`),
    updatedAt: timeText(at, `${no}/updated`),
    poNo: order.poNo,
    fulfillmentType: 'DROPSHIP',
    shipTo: shipToOf(order, seed),
    lines: order.lines.map((line) => {
      const { product, sellerOrderNo } = line
      return {
        sellerOrderNo,
        jioCode: product.jioCode,
        sellerSku: product.sku,
        ean: product.ean,
        description: product.description,
        hsn: product.hsn,
        orderQty: line.orderQty,
        confirmedQty: line.confirmedQty,
        shippedQty: line.shippedQty,
        cancelledQty: cancelledOf(line),
        customerCancelledQty: line.cancelled.buyer,
        sellerCancelledQty: line.cancelled.seller,
        mrp: moneyText(product.mrpPaise, `${sellerOrderNo}/mrp`),
        sellerTd: moneyText(product.mrpPaise - product.pricePaise, `${sellerOrderNo}/td`),
        sellingPrice: moneyText(product.pricePaise, `${sellerOrderNo}/price`),
        gstPercent: product.gstPercent,
        totalValue: moneyText(product.pricePaise * line.orderQty, `${sellerOrderNo}/total`),
      }
    }),
    shipments: parcel ? [wireParcel(parcel)] : [],
  }
}

const shipToOf = ({ no, place, spoiled }: Order, seed: number): object => {
  const { name, phone, email, line1, line2 } = personFor(randomFor(seed, `buyer/${no}`))
  return {
    ...{ name, phone, line1, line2 },
    // AJIO rarely tells it
    email: no.endsWith('7') ? email : blank(`${no}/email`),
    city: place.city,
    state: place.state,
    pincode: spoiled === 'pin' ? pinElsewhere(place.state) : place.postalCode,
  }
}

/** A real PIN of another state: Kochi's, and for Kerala that of New Delhi. */
const pinElsewhere = (state: string): string => state === 'KERALA' ? '110001' : '682001'

export const wireParcel = (parcel: Parcel): object => ({
  shipmentId: parcel.id,
  status: parcel.status,
  carrier: parcel.carrier,
  awb: parcel.awb,
  manifestId: parcel.manifest?.id ?? blank(`${parcel.id}/manifest`),
  updatedAt: timeText(parcel.updatedAt, `${parcel.id}/updated`),
  lines: parcel.lines.map(({ line, quantity }) => ({
    sellerOrderNo: line.sellerOrderNo,
    jioCode: line.product.jioCode,
    quantity,
  })),
})

export const wireManifest = (manifest: Manifest): object => ({
  manifestId: manifest.id,
  status: manifest.closedAt === undefined ? 'OPEN' : 'CLOSED',
  shipments: [...manifest.parcels].map(({ id }) => id),
  dispatchDate: manifest.dispatchDate ?? null,
  updatedAt: timeText(manifest.updatedAt, `${manifest.id}/updated`),
})

export const wireReturn = (one: Return, at: number): object => ({
  returnOrderNo: one.no,
  returnType: one.type,
  status: one.status,
  createdDate: timeText(one.createdAt, `${one.no}/created`),
  updatedAt: timeText(at, `${one.no}/updated`),
  custOrderNo: one.order.no,
  fwdShipmentId: one.parcel.id,
  fwdAwb: one.parcel.awb,
  returnShipmentId: one.shipmentId,
  returnCarrier: one.parcel.carrier,
  returnAwb: one.awb,
  threePlStatus: one.courier,
  deliveredDate: timeOrBlank(one.deliveredAt, `${one.no}/delivered`),
  reason: one.reason,
  disposition: one.disposition ?? blank(`${one.no}/disposition`),
  creditNoteNo: one.credit?.no ?? blank(`${one.no}/credit`),
  creditNoteDate: timeOrBlank(one.credit?.at, `${one.no}/credited`),
  creditNoteValue: one.credit
    ? moneyText(one.credit.paise, `${one.no}/value`)
    : blank(`${one.no}/value`),
  lines: one.lines.map(({ line, quantity }) => ({
    sellerOrderNo: line.sellerOrderNo,
    jioCode: line.product.jioCode,
    sellerSku: line.product.sku,
    quantity,
    qcReason: blank(`${one.no}/${line.sellerOrderNo}/qc`),
  })),
})

export const wireSettlement = (one: Settlement, at: number): object => {
  const key = settlementNo(one)
  return {
    clearingDocNo: key,
    clearingDate: one.clearedOn ?? blank(`${key}/date`),
    expectedSettlementDate: one.expectedOn,
    status: one.status,
    updatedAt: timeText(at, `${key}/updated`),
    totalValue: moneyText(totalOf(one), `${key}/total`),
    lines: one.lines.map((line) => {
      const { docNo, parcel } = line
      const money = (name: keyof Amounts) => moneyText(line[name], `${docNo}/${name}`)
      return {
        internalDocNo: docNo,
        journeyType: line.journey,
        custOrderNo: parcel.order.no,
        poNo: parcel.order.poNo,
        awb: parcel.awb,
        shipmentId: parcel.id,
        invoiceNo: parcel.invoiceNo,
        creditNoteNo: line.creditNoteNo ?? blank(`${docNo}/credit`),
        grossValue: money('gross'),
        commission: money('commission'),
        logistics: money('logistics'),
        feeGst: money('feeGst'),
        tcs: money('tcs'),
        tds: money('tds'),
        penalty: money('penalty'),
        penaltyReason: line.penaltyReason ?? blank(`${docNo}/reason`),
        netValue: moneyText(netOf(line), `${docNo}/net`),
      }
    }),
  }
}

export const settlementNo = ({ docNo, expectedOn }: Settlement): string =>
  docNo ?? `EXP-${expectedOn}`
export const settlementStatus = ({ status }: Settlement): string => status

export const netOf = (one: Amounts): number =>
  one.gross + one.commission + one.logistics + one.feeGst + one.tcs + one.tds + one.penalty
export const totalOf = ({ lines }: Settlement): number =>
  lines.reduce((sum, line) => sum + netOf(line), 0)

export const financialYear = (at: number): string => {
  const [year = 0, month = 0] = dayOf(at).split('-').map(Number)
  const first = month >= 4 ? year : year - 1
  return `${first % 100}-${(first + 1) % 100}`
}
