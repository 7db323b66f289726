/** Amazon's usage plans: a bucket for each (selling partner, operation), named as Amazon's models do. */
import type { BucketLimit } from 'robnu/testing'

const easyShip: BucketLimit = { ratePerSecond: 1, burst: 5 }
// Amazon tells the numbers of these on a page that we know in part: the same low guess as the adapter's
const external: BucketLimit = { ratePerSecond: 5, burst: 10 }
const returns: BucketLimit = { ratePerSecond: 10, burst: 20 }
const notifications: BucketLimit = { ratePerSecond: 1, burst: 5 }

export const rates: Readonly<Record<string, BucketLimit>> = {
  searchOrders: { ratePerSecond: 0.0056, burst: 20 },
  getOrder: { ratePerSecond: 0.5, burst: 30 },
  confirmShipment: { ratePerSecond: 2, burst: 10 },
  createRestrictedDataToken: { ratePerSecond: 1, burst: 10 },
  listHandoverSlots: easyShip,
  getScheduledPackage: easyShip,
  createScheduledPackage: easyShip,
  updateScheduledPackages: easyShip,
  createScheduledPackageBulk: easyShip,
  getShipments: external,
  getShipment: external,
  processShipment: external,
  createPackages: external,
  updatePackageStatus: external,
  retrieveShippingOptions: external,
  generateInvoice: external,
  retrieveInvoice: external,
  generateShipLabels: external,
  listReturns: returns,
  getReturn: returns,
  batchInventory: { ratePerSecond: 50, burst: 100 },
  getReports: { ratePerSecond: 0.0222, burst: 10 },
  createReport: { ratePerSecond: 0.0167, burst: 15 },
  getReport: { ratePerSecond: 2, burst: 15 },
  getReportDocument: { ratePerSecond: 0.0167, burst: 15 },
  createFeed: { ratePerSecond: 0.0083, burst: 15 },
  getFeeds: { ratePerSecond: 0.0222, burst: 10 },
  getFeed: { ratePerSecond: 2, burst: 15 },
  createFeedDocument: { ratePerSecond: 0.5, burst: 15 },
  getFeedDocument: { ratePerSecond: 0.0222, burst: 10 },
  cancelFeed: { ratePerSecond: 2, burst: 15 },
  listTransactions: { ratePerSecond: 0.5, burst: 10 },
  patchListingsItem: { ratePerSecond: 5, burst: 5 },
  getListingsItem: { ratePerSecond: 5, burst: 10 },
  searchListingsItems: { ratePerSecond: 5, burst: 5 },
  getSubscription: notifications,
  createSubscription: notifications,
}
