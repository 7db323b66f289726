/** Amazon.in without Amazon: its wire format, its clock, its limits, and invented or real orders. */
import {
  createBuckets,
  createFaults,
  type DemoAccount,
  openJournal,
  openSandbox,
} from 'robnu/testing'
import { randomFor, type SandboxRoute, startClock, type StartSandbox } from 'robnu/testing'
import { createApi } from './sandbox/api.ts'
import { createDocuments } from './sandbox/documents.ts'
import { createEasyShip } from './sandbox/easy-ship.ts'
import { easyShipPapers } from './sandbox/easy-ship-papers.ts'
import { createExternal } from './sandbox/external.ts'
import { locationId } from './sandbox/external-wire.ts'
import { externalReturnRoutes } from './sandbox/external-returns.ts'
import { createFeeds } from './sandbox/feeds.ts'
import { readReport } from './sandbox/file.ts'
import { externalStockActs, externalStockRoutes } from './sandbox/external-stock.ts'
import { createGuard, quotaExceeded } from './sandbox/guard.ts'
import { ledgerVerb } from './sandbox/ledger.ts'
import { listingActs, listingRoutes, listingsFeed } from './sandbox/listings.ts'
import { moneyDeeds } from './sandbox/money-acts.ts'
import { payoutsLedger, returnsLedger } from './sandbox/money-ledger.ts'
import { createNotifications } from './sandbox/notifications.ts'
import { actsOf, orderDeeds } from './sandbox/order-acts.ts'
import { financeRoutes } from './sandbox/finances.ts'
import { rates } from './sandbox/rates.ts'
import { createReports } from './sandbox/reports.ts'
import { restrictedRoutes } from './sandbox/restricted.ts'
import { returnsMaker } from './sandbox/returns-file.ts'
import { seededOrders } from './sandbox/seeded.ts'
import { selfShipActs, selfShipRoutes } from './sandbox/self-ship.ts'
import { settlementReports } from './sandbox/settling.ts'
import { createSignIn, type SignIn } from './sandbox/sign-in.ts'
import { createStock } from './sandbox/stock.ts'
import { createMoves, createVerbs } from './sandbox/verbs.ts'
import { marketplaceId, wireError } from './sandbox/wire.ts'
import { createWorld, type Opening, type World } from './sandbox/world.ts'

const partners = [
  { id: 'A1DEMOSELLERIN', name: 'Amazon.in, first demo shop', orders: 2000, ordersPerDay: 24 },
  { id: 'A2DEMOSELLERIN', name: 'Amazon.in, second demo shop', orders: 120, ordersPerDay: 8 },
]
/** The day after the newest order of the report that we develop with. */
const defaultStart = Date.parse('2022-06-30T00:00:00+05:30')
/** Who has External Fulfillment; both are served both ways. */
const isExternal = (partner: string): boolean => partner === partners[1]?.id
const sellingHost = 'sellingpartnerapi-eu.amazon.com'
const signInHost = 'api.amazon.com'
const lagSeconds = 120 // changes show up to two minutes late: here always

/**
 * Starts the sandbox. With ROBNU_SANDBOX_AMAZON_ORDERS the first partner has the orders of that
 * report. New orders come only while the clock runs by itself; how many a day,
 * ROBNU_SANDBOX_AMAZON_ORDERS_PER_DAY can say; ROBNU_SANDBOX_AMAZON_HISTORY cuts the number of those
 * that are there from the start. `accounts[].orders` counts the order objects that are
 * served when the clock starts, orders of other channels and all: a sync receives so many, and may
 * reject some. With `dir`, a restart goes on where it stopped.
 */
const startSandbox: StartSandbox = async ({ dir, port, seed = 1, speed = 1, env, ...rest }) => {
  const file = env.ROBNU_SANDBOX_AMAZON_ORDERS
  const report = file ? await readReport(file, seed) : undefined
  const start = rest.start?.getTime() ?? report?.end ?? defaultStart
  const perDay = numberOf(env, 'ROBNU_SANDBOX_AMAZON_ORDERS_PER_DAY')
  const history = numberOf(env, 'ROBNU_SANDBOX_AMAZON_HISTORY')
  const openings = partners.map(({ id, orders, ordersPerDay }, at): Opening => {
    const own = at === 0 ? report?.orders : undefined
    return {
      id,
      orders: own ??
        seededOrders({ seed, partner: id }, Math.min(orders, Math.floor(history ?? orders)), start),
      // a report is what it is, unless somebody wants more
      ordersPerDay: perDay ?? (speed === 0 || own ? 0 : ordersPerDay),
    }
  })

  const clock = await startClock({ start, speed, ...(dir === undefined ? {} : { dir }) })
  const { now } = clock
  const faults = createFaults(lagSeconds)
  const buckets = createBuckets(rates, now)
  const documents = createDocuments(seed, now, Math.max(300, 20 * speed))
  const stock = createStock(seed)
  const notifications = createNotifications(seed)
  const reports = createReports({
    ...{ seed, documents },
    makers: { GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE: returnsMaker },
    found: settlementReports,
  })
  const feeds = createFeeds({
    ...{ seed, documents },
    handlers: {
      JSON_LISTINGS_FEED: listingsFeed(stock),
      POST_EASYSHIP_DOCUMENTS: easyShipPapers(seed, documents, reports.put),
    },
  })
  const easyShip = createEasyShip(seed)
  const external = createExternal(seed, documents)
  const world = createWorld({
    ...{ seed, start, now, openings, settle: feeds.settle },
    acts: {
      ...actsOf(orderDeeds),
      ...actsOf(moneyDeeds),
      ...reports.acts,
      ...documents.acts,
      ...feeds.acts,
      ...listingActs(stock),
      ...externalStockActs(stock),
      ...notifications.acts,
      ...easyShip.acts,
      ...external.acts,
      ...selfShipActs,
    },
    journal: openJournal(dir, seed),
  })
  const signIn = createSignIn(seed, [...world.partners.keys()], now)
  const guard = createGuard({ signIn, buckets, world })
  const api = createApi({ world, now, faults, guard })
  const requestIds = randomFor(seed, 'request-ids')
  const routes: SandboxRoute[] = [
    {
      method: 'POST',
      path: '/auth/o2/token',
      host: signInHost,
      operation: 'token',
      handle: signIn.token,
    },
    {
      method: 'GET',
      path: '/orders/2026-01-01/orders',
      host: sellingHost,
      operation: 'searchOrders',
      handle: api.searchOrders,
    },
    {
      method: 'GET',
      path: '/orders/2026-01-01/orders/{orderId}',
      host: sellingHost,
      operation: 'getOrder',
      handle: api.getOrder,
    },
    ...feeds.routes({ guard, world }),
    ...documents.routes(world),
    ...listingRoutes({ stock, world, guard }),
    ...externalStockRoutes({ world, guard }),
    ...notifications.routes({ world, guard }),
    ...easyShip.routes({ guard, world }),
    ...external.routes({ guard, world }),
    ...selfShipRoutes({ guard, world }),
    ...restrictedRoutes({ guard, signIn }),
    ...reports.routes({ guard, world }),
    ...financeRoutes({ guard, world }),
    ...externalReturnRoutes({ guard, world, faults }),
  ]

  return await openSandbox({
    name: 'amazon',
    ...{ port, clock, faults, buckets },
    moves: createMoves(world, signIn),
    verbs: {
      ...createVerbs(world),
      pushes: notifications.pushes(world),
      ledger: ledgerVerb(world, {
        returns: (of, partner) =>
          returnsLedger(of, partner, isExternal(partner.id), of.at() - faults.lagMs()),
        payouts: (of, partner) => payoutsLedger(of, partner),
      }, faults.lagMs),
    },
    accounts: openings.map(({ id, orders }, at) =>
      demoAccount(id, partners[at]?.name ?? id, signIn, orders.length)
    ),
    routes: routes.map((route) => living(route, world)),
    refuse,
    headers: () => ({ 'x-amzn-RequestId': requestId(requestIds.next) }),
  })
}
export default startSandbox

/** Time goes on before anything is answered. */
const living = (route: SandboxRoute, world: World): SandboxRoute => ({
  ...route,
  handle: (request) => {
    world.catchUp()
    return route.handle(request)
  },
})

const numberOf = (
  env: Readonly<Record<string, string | undefined>>,
  name: string,
): number | undefined => {
  const text = env[name]
  if (!text) return undefined
  const number = Number(text)
  if (number >= 0 && number <= 10_000) return number
  throw new Error(`Cannot start the amazon sandbox: ${name} is no number from 0 to 10000`)
}

const demoAccount = (
  partner: string,
  name: string,
  signIn: SignIn,
  orders: number,
): DemoAccount => {
  const { clientId, clientSecret, refreshToken } = signIn.credentialsOf(partner)
  return {
    name,
    externalAccountId: partner,
    details: {
      selling_partner_id: partner,
      marketplace_id: marketplaceId,
      lwa_client_id: clientId,
      granted_roles: ['Direct-to-Consumer Shipping (Restricted)', 'Tax Invoicing (Restricted)'],
      ...(isExternal(partner) ? { ef_enabled: true, ef_location_ids: [locationId] } : {}),
    },
    credentials: { lwa_client_secret: clientSecret, lwa_refresh_token: refreshToken },
    orders,
  }
}

const refuse = (status: number) => {
  if (status === 429) return quotaExceeded()
  if (status === 404) return wireError(404, 'NotFound', 'The resource does not exist.')
  if (status === 413) return wireError(413, 'RequestTooLarge', 'The request is too large.')
  if (status === 503) return wireError(503, 'ServiceUnavailable', 'Service is unavailable.')
  return wireError(500, 'InternalFailure', 'We encountered an internal error. Please try again.')
}

const requestId = (next: () => number): string => {
  const hex = (digits: number) =>
    Math.floor(next() * 16 ** digits).toString(16).padStart(digits, '0')
  return `${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(6)}${hex(6)}`
}
