/** A sandbox for one test, and a host that does with the adapter what the real one does. */
import {
  type Batch,
  type BatchOrder,
  type Context,
  type Download,
  failure,
  failureOf,
  type OrderRow,
  type StepResult,
} from 'robnu/plugin'
import { callVerb, type FakeContext, type RunningSandbox, sandboxContext } from 'robnu/testing'
import { upstreamHostHeader } from 'robnu/testing'
import { onTestFinished } from 'vitest'
import meesho from '../mod.ts'
import startSandbox from '../sandbox.ts'
import { Credentials, Details } from '../schemas.ts'
import type { Connection } from '../transport.ts'
import { all } from './support.ts'

export interface World {
  readonly sandbox: RunningSandbox
  readonly ctx: FakeContext
  /** What was downloaded, as text, by its storage key. */
  readonly papers: ReadonlyMap<string, string>
  readonly control: (verb: string, body?: object) => Promise<unknown>
  readonly pass: (seconds: number) => Promise<unknown>
  readonly ledger: () => Promise<Ledger>
  readonly account: Connection
}
/** What an honest ledger has to show, by the sandbox's own truth. */
interface Ledger {
  readonly orders: readonly {
    readonly id: string
    readonly state: string
    readonly onHold: boolean
    readonly totalPaise: number
    readonly items: readonly { readonly quantity: number; readonly cancelled: number }[]
  }[]
  readonly returns: readonly {
    readonly id: string
    readonly orderId: string
    readonly kind: string
    readonly state: string
    readonly quantity: number
  }[]
  readonly payouts: readonly {
    readonly id: string
    readonly state: string
    readonly amount: string
    readonly lines: number
  }[]
  readonly stock: Readonly<Record<string, number>>
  readonly parcels: Readonly<Record<string, number>>
}

/** The clock stands still until it is moved; no limits. `at`: which of the two suppliers. */
export const startWorld = async (
  at = 0,
  details: object = {},
  env: Readonly<Record<string, string>> = {},
): Promise<World> => {
  const sandbox = await startSandbox({ seed: 7, speed: 0, env })
  onTestFinished(() => sandbox.stop())
  const papers = new Map<string, string>()
  const fake = sandboxContext(sandbox, {
    hosts: meesho.hosts,
    config: { historyDays: 30 },
    ...(meesho.limits ? { limits: meesho.limits } : {}),
  })
  const ctx: FakeContext = { ...fake, download: downloader(sandbox, papers) }
  const control: World['control'] = (verb, body) => callVerb(sandbox, verb, body)
  await control('throttle', { operation: 'gateway', ratePerSecond: 1e6, burst: 1e6 })
  const demo = sandbox.accounts[at]
  if (!demo) throw new Error(`there is no demo account ${at}`)
  const { externalAccountId } = demo
  return {
    ...{ sandbox, ctx, papers, control },
    account: {
      ...{ id: `account-${at}`, externalAccountId },
      details: Details.parse({ ...(demo.details as object), ...details }),
      credentials: Credentials.parse(demo.credentials),
    },
    pass: (seconds) => control('clock', { bySeconds: seconds }),
    ledger: async () => {
      const { accounts } = await control('ledger') as { accounts: Record<string, Ledger> }
      return accounts[externalAccountId] as Ledger
    },
  }
}

const downloader =
  (sandbox: RunningSandbox, papers: Map<string, string>): Context['download'] =>
  async (url, init = {}): Promise<Download> => {
    const { pathname, host, search } = new URL(url)
    const headers = { ...init.headers, [upstreamHostHeader]: host }
    const answer = await fetch(sandbox.url + pathname + search, { headers }).catch(() => undefined)
    const bytes = await answer?.arrayBuffer().catch(() => undefined)
    if (!answer || !bytes) throw failure('unavailable', 'Cannot reach the marketplace')
    const text = new TextDecoder('latin1').decode(bytes)
    if (answer.status === 429 || answer.status >= 500) throw failure('unavailable', 'Later')
    if (answer.status !== 200) {
      const told = init.explain?.(answer.status, JSON.parse(text))
      const { kind = 'unavailable', message = 'no', ...rest } = told ?? {}
      throw failure(kind, message, rest)
    }
    const storageKey = `documents${pathname}`
    papers.set(storageKey, text)
    const sha256 = '0'.repeat(64)
    return { sha256, byteSize: bytes.byteLength, mime: 'application/pdf', storageKey }
  }

/** All orders as the ledger would have them. */
export const ordersOf = async (world: World): Promise<ReadonlyMap<string, OrderRow>> => {
  const { adapter } = meesho
  const pages = await all(
    adapter.syncOrders?.(world.account, { cursor: null, reason: 'manual' }, world.ctx),
  )
  return new Map(pages.flatMap(({ rows }) => rows).map((row) => [row.externalId, row]))
}

/** New sub-orders of the supplier, by a move of the sandbox. */
export const placed = async (world: World, body: object = {}): Promise<readonly string[]> => {
  const supplier = world.account.externalAccountId
  const { orderIds } = await world.control('createOrders', { supplier, ...body }) as {
    orderIds: string[]
  }
  return orderIds
}

/** The orders as the host hands them over, with the quantities that the stock allows. */
export const batchOf = async (
  world: World,
  numbers: readonly string[],
  { confirm = (quantity: number) => quantity, ...more }: Partial<Batch> & {
    readonly confirm?: (quantity: number) => number
  } = {},
  known?: ReadonlyMap<string, OrderRow>,
): Promise<Batch> => {
  const rows = known ?? await ordersOf(world)
  return {
    id: 'batch-1',
    orders: numbers.map((no): BatchOrder => {
      const row = rows.get(no)
      return {
        ...{ id: `id-${no}`, externalId: no, status: row?.status ?? 'NEW', postalCode: null },
        ...{ onHold: row?.onHold ?? false, stateCode: row?.stateCode ?? null },
        lines: (row?.items ?? []).map((item) => ({
          ...{ externalId: item.externalId, sku: item.sku, listingId: item.listingId },
          ...{ title: item.title, quantity: item.quantity, hsn: null, gstRateBp: null },
          ...{ confirmedQuantity: confirm(item.quantity), totalPaise: item.totalPaise },
        })),
      }
    }),
    ...{ closure: 'IMMEDIATE', closeManifests: [], openManifests: [], done: [], ...more },
  }
}

export interface Processed {
  /** What was recorded, the latest of each step and order. */
  readonly done: readonly StepResult[]
  readonly outcomeOf: (no: string, step: string) => string | undefined
  readonly heldWith: (no: string) => string | undefined
  /** How often the host had to call again. */
  readonly waits: number
}

/**
 * Drains a batch as the host does: each result is recorded before the next one is asked for. `look` may
 * throw: then the result is lost, as by a kill before it was stored.
 */
export const process = async (
  world: World,
  batch: Batch,
  look: (result: StepResult) => unknown = () => {},
  waitSeconds = 60,
): Promise<Processed> => {
  const recorded = new Map<string, StepResult>()
  for (const result of batch.done) recorded.set(`${result.step} ${result.order}`, result)
  for (let waits = 0; waits < 200; waits++) {
    try {
      const done = [...recorded.values()]
      const { fullProcessing } = meesho.adapter
      for await (
        const result of fullProcessing?.(world.account, { ...batch, done }, world.ctx) ?? []
      ) {
        await look(result)
        const key = `${result.step} ${result.order}`
        recorded.set(key, stored(result, recorded.get(key)))
      }
      const all = [...recorded.values()]
      return {
        ...{ done: all, waits },
        outcomeOf: (no, step) => recorded.get(`${step} id-${no}`)?.outcome,
        heldWith: (no) =>
          all.find((one) => one.outcome === 'held' && one.order === `id-${no}`)?.code,
      }
    } catch (error) {
      if (!passing.includes(failureOf(error)?.kind ?? '')) throw error
      await world.pass(waitSeconds)
    }
  }
  throw new Error('The batch did not come to an end')
}

// an answer that was cut short is met by asking again
const passing: readonly string[] = ['unavailable', 'rate-limit', 'bad-response']

/** The database keeps outputs as JSON, and the last one of a step that begins anew. */
const stored = (result: StepResult, before: StepResult | undefined): StepResult => {
  const { output = before?.output } = result
  return {
    ...result,
    ...(output === undefined ? {} : { output: JSON.parse(JSON.stringify(output)) }),
  }
}

/** What a killed worker looks like to whoever runs it again. */
export const killed = (): Error => failure('unavailable', 'The worker was killed')
