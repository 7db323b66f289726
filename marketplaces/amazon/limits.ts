/**
 * Amazon's usage plans (requests a second, burst), by the operationId of its models. One bucket for each
 * selling partner and application; the header of an answer tells the rate that is in force.
 */
import type { RateLimit } from 'robnu/plugin'

const rateHeader = 'x-amzn-RateLimit-Limit'
type Plan = readonly [operation: string, ratePerSecond: number, burst: number]

const plans: readonly Plan[] = [
  ['searchOrders', 0.0056, 20],
  ['getOrder', 0.5, 30],
  ['confirmShipment', 2, 10],
  ['createRestrictedDataToken', 1, 10],

  ['listHandoverSlots', 1, 5],
  ['getScheduledPackage', 1, 5],
  ['createScheduledPackage', 1, 5],

  ['getReports', 0.0222, 10],
  ['createReport', 0.0167, 15],
  ['getReport', 2, 15],
  ['getReportDocument', 0.0167, 15],

  ['createFeedDocument', 0.5, 15],
  ['createFeed', 0.0083, 15],
  ['getFeeds', 0.0222, 10],
  ['getFeed', 2, 15],
  ['getFeedDocument', 0.0222, 10],

  ['listTransactions', 0.5, 10],

  ['patchListingsItem', 5, 5],
  ['getListingsItem', 5, 10],
  ['searchListingsItems', 5, 5],
  ['batchInventory', 50, 100],

  ['listReturns', 10, 20],

  ['getSubscription', 1, 5],
  ['createSubscription', 1, 5],
]
/** Amazon tells these on a page that we have seen in part: low enough for anybody, and corrected live. */
const guessed: readonly Plan[] = [
  ['getShipment', 5, 10],
  ['processShipment', 5, 10],
  ['createPackages', 5, 10],
  ['updatePackageStatus', 5, 10],
  ['retrieveShippingOptions', 5, 10],
  ['generateInvoice', 5, 10],
  ['retrieveInvoice', 5, 10],
  ['generateShipLabels', 5, 10],
]

export const limits: readonly RateLimit[] = [...plans, ...guessed].map(
  ([operation, ratePerSecond, burst]) => ({ operation, ratePerSecond, burst, rateHeader }),
)
