/** What happens in the sandbox before Flipkart's sample is walked: every state occurs. */
const day = 86_400
const pass = (bySeconds: number) => ({ verb: 'clock', body: { bySeconds } })
export const account = 'fk5a1e7c01d2b34f60'

const lines = ['KRT-PRN-S', 'SHT-SLM-M'].map((sku) => ({ sku, quantity: 2 }))
const made = (body: object) => ({ verb: 'createOrders', body: { account, ...body } })
const order = (verb: string, orderId: string, more: object = {}) => ({
  ...{ verb, body: { account, orderId, ...more } },
})

/** Those that wait for the seller, in the order in which they are made below. */
export const fresh: readonly string[] = [
  'OD410002061593344096',
  'OD410002071013372213',
  'OD410002083605451158',
]
/** In two shipments, in three packages, by the seller's own courier, one whose form fails. */
export const apart = 'OD410002093628107590'
export const large = 'OD410002105951342602'
export const own = 'OD410002112509381765'
export const formless = 'OD410002123065147509'
export const held = 'OD410002137620983930'
export const packed = 'OD410002141236642635'
export const ready = 'OD410002157211153258'
export const gone = 'OD410002161627782099'

/** A line that has reached its buyer, and stays there by itself. */
export const delivered = '11000193125874262'

export const prepare: readonly { readonly verb: string; readonly body: unknown }[] = [
  // a spoiled row makes the adapter ask once more: that is no haste
  { verb: 'throttle', body: { operation: 'orders', ratePerSecond: 1e6, burst: 1e6 } },
  pass(1.1 * day),
  made({ count: 3 }),
  made({ apart: true, lines }),
  made({ packages: 3, lines }),
  made({ selfShip: true }),
  made({ formFails: true }),
  made({ count: 4 }),
  order('hold', held),
  order('advance', packed, { to: 'PACKED' }),
  order('advance', ready, { to: 'READY_TO_DISPATCH' }),
  order('cancelAs', gone, { by: 'buyer' }),
  pass(60),
]
