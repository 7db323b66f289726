/** Amazon.in without Amazon: its wire format, its clock, its limits, and invented or real orders. */
import { createBuckets, createFaults, type DemoAccount, openSandbox } from 'robnu/testing'
import { randomFor, startClock, type StartSandbox } from 'robnu/testing'
import { createApi, quotaExceeded } from './sandbox/api.ts'
import { type Books, createBooks } from './sandbox/books.ts'
import { readReport } from './sandbox/file.ts'
import { seededOrders } from './sandbox/seeded.ts'
import { createSignIn, type SignIn } from './sandbox/sign-in.ts'
import { createMoves } from './sandbox/verbs.ts'
import { marketplaceId, wireError } from './sandbox/wire.ts'

const partners = [
  { id: 'A1DEMOSELLERIN', name: 'Amazon.in, first demo shop', orders: 2000 },
  { id: 'A2DEMOSELLERIN', name: 'Amazon.in, second demo shop', orders: 120 },
]
/** The day after the newest order of the report that we develop with. */
const defaultStart = Date.parse('2022-06-30T00:00:00+05:30')
const sellingHost = 'sellingpartnerapi-eu.amazon.com'
const signInHost = 'api.amazon.com'
const lagSeconds = 120 // changes show up to two minutes late: here always

/**
 * Starts the sandbox. With ROBNU_SANDBOX_AMAZON_ORDERS the first partner has the orders of that
 * report. `accounts[].orders` counts the order objects that are served, orders of other channels
 * and all: a sync receives so many, and may reject some.
 */
const startSandbox: StartSandbox = async ({ dir, port, seed = 1, speed = 1, env, ...rest }) => {
  const file = env.ROBNU_SANDBOX_AMAZON_ORDERS
  const report = file ? await readReport(file, seed) : undefined
  const start = rest.start?.getTime() ?? report?.end ?? defaultStart
  const books = new Map(partners.map(({ id, orders }, at) => {
    const own = at === 0 && report ? report.orders : undefined
    return [id, createBooks(own ?? seededOrders({ seed, partner: id }, orders, start))]
  }))

  const clock = await startClock({ start, speed, ...(dir === undefined ? {} : { dir }) })
  const faults = createFaults(lagSeconds)
  const buckets = createBuckets({
    searchOrders: { ratePerSecond: 0.0056, burst: 20 },
    getOrder: { ratePerSecond: 0.5, burst: 30 },
  }, clock.now)
  const signIn = createSignIn(seed, [...books.keys()], clock.now)
  const api = createApi({ seed, now: clock.now, signIn, buckets, faults, books })
  const requestIds = randomFor(seed, 'request-ids')

  return await openSandbox({
    name: 'amazon',
    ...{ port, clock, faults, buckets },
    moves: createMoves(seed, books, signIn, clock.now),
    accounts: partners.map(({ id, name }) => demoAccount(id, name, signIn, books.get(id))),
    routes: [
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
    ],
    refuse,
    headers: () => ({ 'x-amzn-RequestId': requestId(requestIds.next) }),
  })
}
export default startSandbox

const demoAccount = (
  partner: string,
  name: string,
  signIn: SignIn,
  books: Books | undefined,
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
    },
    credentials: { lwa_client_secret: clientSecret, lwa_refresh_token: refreshToken },
    orders: books?.count() ?? 0,
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
