/** Flipkart without Flipkart: its Seller API (`wire.md`), two invented sellers, and a clock of its own. */
import { createBuckets, createFaults, type DemoAccount } from 'robnu/testing'
import {
  openJournal,
  openSandbox,
  type SandboxOptions,
  startClock,
  type StartSandbox,
} from 'robnu/testing'
import { createRun } from './sandbox/commands.ts'
import type { Seller } from './sandbox/model.ts'
import { oauthRoutes } from './sandbox/oauth-routes.ts'
import { otherActs } from './sandbox/other-acts.ts'
import { otherRoutes } from './sandbox/other-routes.ts'
import { createTokenBook } from './sandbox/pages.ts'
import { planArrivals } from './sandbox/past.ts'
import { createPushBook } from './sandbox/pushes.ts'
import { rates } from './sandbox/rates.ts'
import { identities } from './sandbox/sellers.ts'
import { createSessions, type Sessions } from './sandbox/session.ts'
import { planNefts } from './sandbox/settling.ts'
import { shipmentActs } from './sandbox/shipment-acts.ts'
import { shipmentRoutes } from './sandbox/shipment-routes.ts'
import { dayMs, hourMs, minuteMs } from './sandbox/times.ts'
import { createMoves, createVerbs, verbActs } from './sandbox/verbs.ts'
import { refused } from './sandbox/wire.ts'
import { createWorld } from './sandbox/world.ts'

const defaultStart = Date.parse('2026-08-14T10:00:00+05:30')
const historyMs = 40 * dayMs

/**
 * Starts the sandbox. New orders come only while the clock runs by itself; how many a day and account,
 * ROBNU_SANDBOX_FLIPKART_ORDERS_PER_DAY can say; ROBNU_SANDBOX_FLIPKART_REPORT_SECONDS is how long a
 * report takes. With `dir`, a restart goes on where it stopped.
 */
const startSandbox: StartSandbox = async ({ dir, port, seed = 1, speed = 1, env, ...rest }) => {
  const laterRate = numberOf(env, 'ROBNU_SANDBOX_FLIPKART_ORDERS_PER_DAY', 10_000)
  const reportSeconds = numberOf(env, 'ROBNU_SANDBOX_FLIPKART_REPORT_SECONDS', 86_400)
  const start = rest.start?.getTime() ?? defaultStart
  const clock = await startClock({ start, speed, ...(dir === undefined ? {} : { dir }) })
  const faults = createFaults()
  const buckets = createBuckets(rates, clock.now)
  const world = createWorld({
    ...{ seed, start, identities, lagMs: faults.lagMs },
    begin: start - historyMs,
    reportMs: reportSeconds === undefined ? undefined : reportSeconds * 1000,
  })
  const sellers = [...world.sellers.values()]
  for (const seller of sellers) {
    const rateNow = laterRate ?? (speed === 0 ? 0 : seller.ordersPerDay)
    planArrivals(world, seller, (at) => at < start ? seller.ordersPerDay : rateNow)
    planNefts(world, seller)
  }
  world.catchUp(start)
  const sessions = createSessions(seed, sellers)
  // before anything is told again, so that tokens have the same numbers after a restart
  const accounts = sellers.map((seller) => demoAccount(seller, sessions, start))
  // where the clock runs fast an hour is over before anybody has read a page
  const tokens = createTokenBook(seed, Math.max(hourMs, speed * 5 * minuteMs))
  const acts = { ...shipmentActs, ...otherActs, ...verbActs(sessions) }
  const run = createRun(world, acts, openJournal(dir, seed), clock.now)
  const pushes = createPushBook(world)
  const tooMany = createTooMany()
  const parts = { world, sessions, tokens, buckets, faults, now: clock.now, run, tooMany }

  return await openSandbox({
    name: 'flipkart',
    ...{ port, clock, faults, buckets },
    routes: [...oauthRoutes(parts), ...shipmentRoutes(parts), ...otherRoutes(parts)],
    moves: createMoves(world, run),
    verbs: createVerbs({ world, run, now: clock.now, tokens, pushes, faults }),
    accounts,
    refuse: (status) => status === 429 ? tooMany() : refuse(status),
  })
}
export default startSandbox

const numberOf = (env: SandboxOptions['env'], name: string, most: number): number | undefined => {
  const text = env[name]
  if (!text) return undefined
  const number = Number(text)
  if (number >= 0 && number <= most) return number
  throw new Error(`Cannot start the flipkart sandbox: ${name} is no number from 0 to ${most}`)
}

const demoAccount = (seller: Seller, sessions: Sessions, at: number): DemoAccount => ({
  name: seller.name,
  externalAccountId: seller.id,
  seller: seller.seller,
  details: {
    flipkart_seller_id: seller.id,
    app_id: seller.appId,
    environment: 'PROD',
    grant_type: seller.grant,
    location_ids: [seller.location],
    reports_api_enabled: seller.reports,
    gstin: seller.gstin,
    b2b_invoice_series: `FK${seller.mark}`,
  },
  credentials: sessions.begin(seller, at),
  orders: seller.orders.size,
})

/** Throttling is not documented: every other 429 tells how long to wait, and the others do not. */
const createTooMany = () => {
  let refusals = 0
  return () => {
    const answer = refused(429, 'TOO_MANY_REQUESTS', 'Too many requests')
    return refusals++ % 2 === 0 ? { ...answer, headers: { 'retry-after': '1' } } : answer
  }
}

const refuse = (status: number) => {
  if (status === 404) return refused(404, 'NOT_FOUND', 'There is no such path')
  if (status === 413) return refused(413, 'INVALID_REQUEST', 'The request is too large')
  return refused(status, 'DEPENDENT_SYSTEM_CALL_FAILED', 'Another system did not answer')
}
