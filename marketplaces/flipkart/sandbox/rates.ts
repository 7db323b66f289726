/**
 * How often a seller may ask, by bucket. Flipkart documents nothing: these are our guess, generous
 * enough that an adapter with manners never meets them.
 */
import type { BucketLimit } from 'robnu/testing'

export const rates: Readonly<Record<string, BucketLimit>> = {
  orders: { ratePerSecond: 20, burst: 40 },
  returns: { ratePerSecond: 5, burst: 10 },
  listings: { ratePerSecond: 5, burst: 20 },
  reports: { ratePerSecond: 1, burst: 10 },
  token: { ratePerSecond: 1, burst: 10 },
}
