/** How often a POB may ask, by bucket: as `wire.md` says. */
import type { BucketLimit } from 'robnu/testing'

export const rates: Readonly<Record<string, BucketLimit>> = {
  orders: { ratePerSecond: 2, burst: 10 },
  write: { ratePerSecond: 5, burst: 20 },
  documents: { ratePerSecond: 5, burst: 20 },
  returns: { ratePerSecond: 1, burst: 5 },
  settlements: { ratePerSecond: 1, burst: 5 },
  inventory: { ratePerSecond: 1, burst: 5 },
  session: { ratePerSecond: 1, burst: 5 },
}
