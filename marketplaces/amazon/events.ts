/**
 * One sale or refund, as Finances tells it while it is open and as a settlement pays it. Both name the
 * order and the shipment or adjustment, and nothing else that would tell two apart.
 */

/** Undefined without an order: nothing shows which line of a settlement such a thing becomes. */
export const eventId = (
  kind: string,
  orderId: string | null | undefined,
  reference: string | null | undefined,
): string | undefined => {
  if (!orderId) return undefined
  const word = kind.toLowerCase().replaceAll(/[^a-z]/g, '')
  // the settlement calls a shipment by what was paid
  return `${word === 'order' ? 'shipment' : word}/${orderId}/${reference ?? ''}`.slice(0, 200)
}

export interface Shares {
  readonly gross: bigint
  readonly deductions: bigint
  readonly fees: bigint
  readonly taxes: bigint
}

/** Where an amount belongs, by Amazon's words for it, from the coarse one to the fine one. */
export const shareOf = (coarse: string, fine: string, isNegative: boolean): keyof Shares => {
  const words = `${coarse} ${fine}`
  if (/promo|rebate|discount/i.test(words)) return 'deductions'
  if (/tcs|tds|withheld/i.test(words)) return 'taxes'
  // what the buyer pays holds its tax
  if (/^(item ?price|product ?charges|principal|shipping|giftwrap)/i.test(coarse)) return 'gross'
  const isFee = /fee|commission|expense|advertising/i.test(words)
  if (isFee) return /\b[cisu]?t?gst\b|tax/i.test(words) ? 'taxes' : 'fees'
  if (/tax/i.test(coarse)) return 'taxes'
  return isNegative ? 'deductions' : 'gross'
}
