/** A sandbox for one test, and a host that does what the real one does with an adapter. */
import { type Account, failureOf, type OrderRow, type Page, type RejectedRow } from 'robnu/plugin'
import { callVerb, type FakeContext, type RunningSandbox } from 'robnu/testing'
import { sandboxContext, upstreamAt } from 'robnu/testing'
import { onTestFinished } from 'vitest'
import amazon from '../mod.ts'
import startSandbox from '../sandbox.ts'
import { rates } from '../sandbox/rates.ts'
import { seededOrders } from '../sandbox/seeded.ts'
import type { SandboxOrder } from '../sandbox/orders.ts'
import { Credentials, Cursor, Details } from '../schemas.ts'

export type Connection = Account<Details, Credentials>
export const seed = 7
const clockStart = Date.parse('2022-06-30T00:00:00+05:30')

export interface World {
  readonly sandbox: RunningSandbox
  readonly ctx: FakeContext
  /** Upstream's present, epoch milliseconds. */
  readonly now: () => number
  readonly control: (verb: string, body?: object) => Promise<unknown>
}

/** A sandbox whose clock stands still until it is moved, without limits unless asked for. */
export const startWorld = async (
  { limited = false, env = {} }: { limited?: boolean; env?: Record<string, string> } = {},
): Promise<World> => {
  const sandbox = await startSandbox({ seed, speed: 0, env })
  onTestFinished(() => sandbox.stop())
  const world: World = {
    sandbox,
    ctx: contextFor(sandbox),
    now: () => upstreamAt(sandbox.clock, Date.now()),
    control: (verb, body) => callVerb(sandbox, verb, body),
  }
  if (!limited) {
    for (const operation of Object.keys(rates)) {
      await world.control('throttle', { operation, ratePerSecond: 1e6, burst: 1e6 })
    }
  }
  return world
}

const contextFor = (sandbox: RunningSandbox): FakeContext =>
  sandboxContext(sandbox, {
    hosts: amazon.hosts,
    ...(amazon.limits ? { limits: amazon.limits } : {}),
  })

/** The account as the host hands it over; `fresh`: with an access token. */
export const connect = async (
  { sandbox, ctx }: Pick<World, 'sandbox' | 'ctx'>,
  at = 0,
  fresh = true,
): Promise<Connection> => {
  const demo = sandbox.accounts[at]
  if (!demo) throw new Error(`there is no demo account ${at}`)
  const account = {
    id: `account-${at}`,
    externalAccountId: demo.externalAccountId,
    details: Details.parse(demo.details),
    credentials: Credentials.parse(demo.credentials),
  }
  return fresh ? await renewed(account, ctx) : account
}

export const renewed = async (account: Connection, ctx: FakeContext): Promise<Connection> => {
  const credentials = await amazon.adapter.refresh?.(account, ctx)
  return { ...account, credentials: Credentials.parse(credentials) }
}

/** The orders that the seeded sandbox holds, from its own books. */
export const booksOf = (at: 0 | 1): SandboxOrder[] =>
  at === 0
    ? seededOrders({ seed, partner: 'A1DEMOSELLERIN' }, 2000, clockStart)
    : seededOrders({ seed, partner: 'A2DEMOSELLERIN' }, 120, clockStart)

export type OrderPage = Page<OrderRow, Cursor>
export interface Ledger {
  readonly orders: Map<string, OrderRow>
  readonly rejected: RejectedRow[]
  cursor: Cursor | null
  received: number
  pages: number
}
export const emptyLedger = (): Ledger => ({
  orders: new Map(),
  rejected: [],
  cursor: null,
  received: 0,
  pages: 0,
})

/** Stores a page as the ledger does: by natural key, an older row never over a newer one. */
export const store = (ledger: Ledger, page: OrderPage): void => {
  for (const row of page.rows) {
    const known = ledger.orders.get(row.externalId)
    if (!known || known.updatedAt <= row.updatedAt) ledger.orders.set(row.externalId, row)
  }
  ledger.rejected.push(...page.rejected)
  // the host keeps the cursor as JSON
  ledger.cursor = Cursor.parse(JSON.parse(JSON.stringify(page.cursor)))
  ledger.received += page.received
  ledger.pages += 1
}

export const pagesFrom = (
  account: Connection,
  cursor: Cursor | null,
  ctx: FakeContext,
  window?: { from: Date; to: Date },
): AsyncIterable<OrderPage> => {
  const request = { cursor, reason: 'manual' as const, ...(window ? { window } : {}) }
  const pages = amazon.adapter.syncOrders?.(account, request, ctx)
  if (!pages) throw new Error('the adapter has lost its ability')
  return pages as AsyncIterable<OrderPage>
}

/** One run to its end: refreshes a dead token and waits for the bucket, as the host does. */
export const run = async (
  world: World,
  ledger: Ledger,
  { at = 0, between = () => Promise.resolve() }: { at?: number; between?: () => Promise<unknown> } =
    {},
): Promise<void> => {
  let account = await connect(world, at)
  while (true) {
    try {
      for await (const page of pagesFrom(account, ledger.cursor, world.ctx)) {
        store(ledger, page)
        await between()
      }
      return
    } catch (error) {
      const failed = failureOf(error)
      if (failed?.kind === 'rate-limit') {
        await world.control('clock', { bySeconds: (failed.retryAfterMs ?? 0) / 1000 })
      } else if (failed?.code === 'token-expired') account = await renewed(account, world.ctx)
      else throw error
    }
  }
}
