/** Money: what a delivered item, a return and a cancellation come to, and the two NEFTs a week. */
import { hashOf } from 'robnu/testing'
import {
  type Amounts,
  type Due,
  isLiving,
  type Item,
  type Neft,
  nextNumber,
  type Return,
  type Seller,
  type Shipment,
} from './model.ts'
import { dayOf, timeOfDay, weekdayOf } from './times.ts'
import type { World } from './world.ts'

const none: Amounts = {
  ...{ sale: 0, offer: 0, share: 0, commission: 0, fixedFee: 0, collectionFee: 0 },
  ...{ shippingFee: 0, reverseFee: 0, cancelFee: 0, tcs: 0, tds: 0, feeGst: 0, refund: 0 },
}
const neftHour = 18

/** What Flipkart keeps for itself. */
export const feesOf = (one: Amounts): number =>
  one.commission + one.fixedFee + one.collectionFee + one.shippingFee + one.reverseFee +
  one.cancelFee
export const taxesOf = (one: Amounts): number => one.tcs + one.tds + one.feeGst
export const netOf = (one: Amounts): number =>
  one.sale + one.offer + one.share + feesOf(one) + taxesOf(one) + one.refund
export const totalOf = ({ dues }: Neft): number =>
  dues.reduce((sum, { amounts }) => sum + netOf(amounts), 0)

/** Commission by the price, 18 % GST on fees, 0.5 % TCS of the taxable value, 0.1 % TDS. */
const saleOf = (item: Item, paise: number, seed: number): Amounts => {
  const { product, order } = item
  const taxable = Math.round(paise * 100 / (100 + product.gstPercent))
  const hasOffer = hashOf(seed, `offer/${item.id}`) % 10 === 0
  const fees = {
    commission: -Math.round(paise * (product.pricePaise < 100_000 ? 7 : 11) / 100),
    fixedFee: -(product.pricePaise < 50_000 ? 1500 : 3000),
    collectionFee: order.payment === 'COD' ? -Math.max(1500, Math.round(paise / 50)) : 0,
    shippingFee: -(hashOf(seed, `zone/${order.id}`) % 3 === 0 ? 6500 : 4300),
  }
  const sum = Object.values(fees).reduce((total, fee) => total + fee, 0)
  return {
    ...{ ...none, ...fees },
    sale: paise,
    offer: hasOffer ? -Math.round(paise / 20) : 0,
    share: hasOffer ? Math.round(paise / 50) : 0,
    feeGst: Math.round(sum * 18 / 100),
    tcs: -Math.round(taxable / 200),
    tds: -Math.round(taxable / 1000),
  }
}

const accrue = (world: World, seller: Seller, due: Omit<Due, 'at'>): void =>
  void seller.dues.push({ ...due, at: world.at() })

export const accrueSale = (world: World, seller: Seller, shipment: Shipment): void => {
  for (const item of shipment.items.filter(isLiving)) {
    const amounts = saleOf(item, item.totalPaise, world.seed)
    accrue(world, seller, { sheet: 'Orders', item, kind: 'sale', amounts })
  }
}

/** The commission comes back with the price; the way back is paid by the seller. An RTO costs nothing. */
export const accrueReturn = (world: World, seller: Seller, one: Return): void => {
  if (one.source === 'courier_return') return
  const { item } = one
  const paise = Math.floor(item.totalPaise / item.quantity)
  const sold = saleOf(item, paise, world.seed)
  const reverseFee = -5500
  const amounts: Amounts = {
    ...none,
    refund: -paise,
    commission: -sold.commission,
    reverseFee,
    feeGst: Math.round((reverseFee - sold.commission) * 18 / 100),
    tcs: -sold.tcs,
    tds: -sold.tds,
  }
  accrue(world, seller, { sheet: 'Orders', item, kind: 'refund', amounts })
  if (hashOf(world.seed, `spf/${one.id}`) % 12 === 0) {
    const claim = { ...none, sale: Math.round(paise * 6 / 10) }
    accrue(world, seller, { sheet: 'Non_Order_SPF', item, kind: 'other', amounts: claim })
  }
}

export const accrueCancellation = (world: World, seller: Seller, item: Item): void => {
  const cancelFee = -Math.max(3000, Math.round(item.totalPaise / 50))
  const amounts = { ...none, cancelFee, feeGst: Math.round(cancelFee * 18 / 100) }
  accrue(world, seller, { sheet: 'Orders', item, kind: 'cancellation', amounts })
}

/** Each Monday and Thursday, at 18:00. */
export const planNefts = (world: World, seller: Seller): void => {
  const at = timeOfDay(world.at(), neftHour, world.at() < timeOfDay(world.at(), neftHour) ? 0 : 1)
  world.plan(at, () => {
    const day = weekdayOf(world.at())
    if (day === 1) accrueWeek(world, seller)
    // what would be less than nothing waits for the next one
    const isPlus = seller.dues.reduce((sum, { amounts }) => sum + netOf(amounts), 0) > 0
    if ((day === 1 || day === 4) && isPlus) payNow(world, seller)
    planNefts(world, seller)
  })
}

/** Advertisements every week; a rebate and a storage fee now and then. */
const accrueWeek = (world: World, seller: Seller): void => {
  const draw = hashOf(world.seed, `week/${seller.id}/${dayOf(world.at())}`)
  const other = (sheet: Due['sheet'], sale: number, feeGst: number) =>
    accrue(world, seller, { sheet, kind: 'other', amounts: { ...none, sale, feeGst } })
  const ads = -(20_000 + draw % 40_000)
  other('Ads', ads, Math.round(ads * 18 / 100))
  if (draw % 3 === 0) other('MP Fee Rebate', 5_000 + draw % 7_000, 0)
  if (draw % 4 === 0) other('Storage & Recall', -(3_000 + draw % 2_000), -(540 + draw % 360))
  if (draw % 5 === 0) other('TDS', 1_000 + draw % 900, 0)
}

/** Pays what has come up; undefined when there is nothing. */
export const payNow = (world: World, seller: Seller): Neft | undefined => {
  const { dues } = seller
  if (dues.length === 0) return undefined
  const number = String(nextNumber(seller, 'neft')).padStart(5, '0')
  const day = dayOf(world.at()).slice(2).replaceAll('-', '')
  const neft: Neft = { id: `NFT-${day}${seller.mark}GN${number}`, paidAt: world.at(), dues }
  seller.dues = []
  seller.nefts.push(neft)
  return neft
}
