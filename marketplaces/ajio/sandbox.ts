/** AJIO without AJIO: our gateway contract (`wire.md`), three invented POBs, and a clock of its own. */
import { createBuckets, createFaults, type DemoAccount } from 'robnu/testing'
import { openJournal, openSandbox, startClock, type StartSandbox } from 'robnu/testing'
import { createRoutes, tooMany } from './sandbox/api.ts'
import { createRun, writeActs } from './sandbox/commands.ts'
import { credentialsOf } from './sandbox/deeds.ts'
import type { Pob } from './sandbox/model.ts'
import { planArrivals, planPastManifests } from './sandbox/past.ts'
import { identities } from './sandbox/pobs.ts'
import { rates } from './sandbox/rates.ts'
import { createSessions, livesAt, type Sessions } from './sandbox/session.ts'
import { planSettlements } from './sandbox/settling.ts'
import { createMoves, createVerbs, verbActs } from './sandbox/verbs.ts'
import { notFound, refused } from './sandbox/wire.ts'
import { dayMs } from './sandbox/words.ts'
import { createWorld } from './sandbox/world.ts'

const host = 'vms-gateway.robnu.com'
const defaultStart = Date.parse('2026-08-14T10:00:00+05:30')
const historyMs = 60 * dayMs

/**
 * Starts the sandbox. New orders come only while the clock runs by itself; how many a day,
 * ROBNU_SANDBOX_AJIO_ORDERS_PER_DAY can say. With `dir`, a restart goes on where it stopped.
 */
const startSandbox: StartSandbox = async ({ dir, port, seed = 1, speed = 1, env, ...rest }) => {
  const start = rest.start?.getTime() ?? defaultStart
  const clock = await startClock({ start, speed, ...(dir === undefined ? {} : { dir }) })
  const faults = createFaults()
  const buckets = createBuckets(rates, clock.now)
  const world = createWorld({
    ...{ seed, start, identities, lagMs: faults.lagMs },
    begin: start - historyMs,
  })
  const laterRate = rateOf(env.ROBNU_SANDBOX_AJIO_ORDERS_PER_DAY)
  for (const pob of world.pobs.values()) {
    const rateNow = laterRate ?? (speed === 0 ? 0 : pob.ordersPerDay)
    planArrivals(world, pob, (at) => at < start ? pob.ordersPerDay : rateNow)
    planPastManifests(world, pob)
    planSettlements(world, pob)
  }
  world.catchUp(start)
  const seeded = new Map([...world.pobs.values()].map((pob) => [pob, pob.orders.size]))
  const sessions = createSessions(seed, world.pobs, livesAt(speed), start)
  const acts = { ...writeActs(sessions), ...verbActs(sessions) }
  const run = createRun(world, acts, openJournal(dir, seed), clock.now)

  return await openSandbox({
    name: 'ajio',
    ...{ port, clock, faults, buckets },
    routes: createRoutes({ host, world, sessions, buckets, faults, now: clock.now, run }),
    moves: createMoves(world, run),
    verbs: createVerbs(world, run, clock.now),
    accounts: [...world.pobs.values()].map((pob) =>
      demoAccount(pob, sessions, seeded.get(pob) ?? 0)
    ),
    refuse,
  })
}
export default startSandbox

const rateOf = (text: string | undefined): number | undefined => {
  if (!text) return undefined
  const rate = Number(text)
  if (rate >= 0 && rate <= 10_000) return rate
  throw new Error(
    'Cannot start the ajio sandbox: ROBNU_SANDBOX_AJIO_ORDERS_PER_DAY is no number from 0 to 10000',
  )
}

const demoAccount = (pob: Pob, sessions: Sessions, orders: number): DemoAccount => ({
  name: pob.name,
  externalAccountId: pob.id,
  seller: pob.seller,
  details: {
    pob_id: pob.id,
    store_code: pob.storeCode,
    model: pob.model,
    return_model: pob.returnModel,
    gstin: pob.gstin,
    b2b_invoice_series: pob.invoiceSeries,
  },
  credentials: credentialsOf(sessions, pob),
  orders,
})

const refuse = (status: number) => {
  if (status === 429) return tooMany(1)
  if (status === 404) return notFound()
  if (status === 413) return refused(413, 'TOO_LARGE', 'The request is too large.')
  if (status === 503) return refused(503, 'UNAVAILABLE', 'The gateway is not available.')
  return refused(500, 'INTERNAL', 'The gateway failed.')
}
