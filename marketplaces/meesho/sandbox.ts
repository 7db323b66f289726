/** Meesho without Meesho: our gateway contract (`wire.md`), two invented suppliers, a clock of its own. */
import { createBuckets, createFaults, type DemoAccount } from 'robnu/testing'
import { openJournal, openSandbox, startClock, type StartSandbox } from 'robnu/testing'
import { planAdjustments } from './sandbox/adjusting.ts'
import { createRoutes, rates, tooMany } from './sandbox/api.ts'
import { createRun, writeActs } from './sandbox/commands.ts'
import type { Supplier } from './sandbox/model.ts'
import { planArrivals, planPastManifests } from './sandbox/past.ts'
import { planPayments } from './sandbox/settling.ts'
import { identities, keysOf } from './sandbox/suppliers.ts'
import { createMoves, createVerbs, verbActs } from './sandbox/verbs.ts'
import { notFound, refused } from './sandbox/wire.ts'
import { dayMs, minuteMs, secondMs } from './sandbox/words.ts'
import { createWorld } from './sandbox/world.ts'

const host = 'meesho-gateway.robnu.com'
const defaultStart = Date.parse('2026-08-14T10:00:00+05:30')
const historyMs = 28 * dayMs

/**
 * Starts the sandbox. New sub-orders come only while the clock runs by itself; how many a day,
 * ROBNU_SANDBOX_MEESHO_ORDERS_PER_DAY can say. With `dir`, a restart goes on where it stopped.
 */
const startSandbox: StartSandbox = async ({ dir, port, seed = 1, speed = 1, env, ...rest }) => {
  const start = rest.start?.getTime() ?? defaultStart
  const clock = await startClock({ start, speed, ...(dir === undefined ? {} : { dir }) })
  const faults = createFaults()
  const buckets = createBuckets(rates, clock.now)
  const world = createWorld({
    ...{ seed, start, identities, lagMs: faults.lagMs },
    begin: start - historyMs,
    // where the clock runs fast, an address would be dead before anybody could use it
    fileLifeMs: Math.max(15 * minuteMs, Math.min(dayMs, speed * 2 * minuteMs)),
  })
  const laterRate = rateOf(env.ROBNU_SANDBOX_MEESHO_ORDERS_PER_DAY)
  for (const supplier of world.suppliers.values()) {
    const rateNow = laterRate ?? (speed === 0 ? 0 : supplier.ordersPerDay)
    planArrivals(world, supplier, (at) => at < start ? supplier.ordersPerDay : rateNow)
    planPastManifests(world, supplier)
    planPayments(world, supplier)
    planAdjustments(world, supplier)
  }
  world.catchUp(start)
  const suppliers = [...world.suppliers.values()]
  const seeded = new Map(suppliers.map((supplier) => [supplier, supplier.orders.size]))
  const run = createRun(world, { ...writeActs, ...verbActs }, openJournal(dir, seed), clock.now)
  const skewMs = Math.max(300 * secondMs, speed * 10 * secondMs)

  return await openSandbox({
    name: 'meesho',
    ...{ port, clock, faults, buckets },
    routes: createRoutes({ host, world, buckets, faults, skewMs, now: clock.now, run }),
    moves: createMoves(world, run),
    verbs: createVerbs(world, run, clock.now, faults),
    accounts: suppliers.map((one) => demoAccount(seed, one, seeded.get(one) ?? 0)),
    refuse,
  })
}
export default startSandbox

const rateOf = (text: string | undefined): number | undefined => {
  if (!text) return undefined
  const rate = Number(text)
  if (rate >= 0 && rate <= 10_000) return rate
  throw new Error(
    'Cannot start the meesho sandbox: ROBNU_SANDBOX_MEESHO_ORDERS_PER_DAY is no number from 0 to 10000',
  )
}

const demoAccount = (seed: number, supplier: Supplier, orders: number): DemoAccount => ({
  name: `Meesho, ${supplier.name}`,
  externalAccountId: supplier.id,
  seller: supplier.seller,
  details: {
    merchant_id: supplier.merchantId,
    supplier_identifier: supplier.id,
    supplier_id: supplier.supplierId,
    api_version: 'V2',
    acceptance_preference: supplier.preference,
    location_external_identifier: supplier.location,
    facility_warehouse_id: null,
    claim_window_days: 7,
  },
  credentials: keysOf(seed, supplier, supplier.keyNumber),
  orders,
})

const refuse = (status: number) => {
  if (status === 429) return tooMany(1)
  if (status === 404) return notFound()
  if (status === 413) return refused(413, 'TOO_LARGE', 'The request is too large.')
  if (status === 503) return refused(503, 'UNAVAILABLE', 'The gateway is not available.')
  return refused(500, 'INTERNAL', 'The gateway failed.')
}
