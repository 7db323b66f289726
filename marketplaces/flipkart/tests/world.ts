/** A sandbox for one test, its books, and a host that does with the adapter what the real one does. */
import {
  type Batch,
  type BatchOrder,
  type Context,
  type Download,
  failure,
  failureOf,
  type OrderRow,
  type Page,
  type RejectedRow,
  type StepResult,
  type SyncRequest,
} from 'robnu/plugin'
import { callVerb, type FakeContext, type RunningSandbox, sandboxContext } from 'robnu/testing'
import { upstreamHostHeader } from 'robnu/testing'
import { onTestFinished } from 'vitest'
import { syncOrders } from '../orders.ts'
import { fullProcessing } from '../processing.ts'
import startSandbox from '../sandbox.ts'
import { Credentials, type Cursor, Details, hosts } from '../schemas.ts'
import { refresh } from '../session.ts'
import type { Connection } from '../transport.ts'
import { kept } from './support.ts'

export interface World {
  readonly sandbox: RunningSandbox
  readonly ctx: FakeContext
  /** What was downloaded, as text, by its storage key. */
  readonly papers: ReadonlyMap<string, string>
  readonly control: (verb: string, body?: object) => Promise<unknown>
  readonly pass: (seconds: number) => Promise<unknown>
  readonly books: () => Promise<Books>
  account: Connection
}
interface Books {
  readonly orders: readonly {
    readonly id: string
    readonly shipments: readonly {
      readonly id: string
      readonly state: string
      readonly packs: number
      readonly manifested: boolean
      readonly invoice: string | null
    }[]
  }[]
  /** How often each operation was asked, and how often it changed something. */
  readonly asked: Readonly<Record<string, number>>
}

/** The clock stands still until it is moved; no limits. */
export const startWorld = async (at = 0): Promise<World> => {
  const sandbox = await startSandbox({ seed: 7, speed: 0, env: {} })
  onTestFinished(() => sandbox.stop())
  const papers = new Map<string, string>()
  const fake = sandboxContext(sandbox, { hosts })
  const control: World['control'] = (verb, body) => callVerb(sandbox, verb, body)
  for (const operation of ['orders', 'returns', 'listings', 'reports', 'token']) {
    await control('throttle', { operation, ratePerSecond: 1e6, burst: 1e6 })
  }
  const account = accountOf(sandbox, at)
  return {
    ...{ sandbox, papers, control, account },
    ctx: { ...fake, config: { historyDays: 45 }, download: downloader(sandbox, papers) },
    pass: (seconds) => control('clock', { bySeconds: seconds }),
    books: async () => {
      const id = account.externalAccountId
      const { accounts } = await control('books', { account: id }) as {
        accounts: Record<string, Books>
      }
      return accounts[id] as Books
    },
  }
}

const accountOf = (sandbox: RunningSandbox, at: number): Connection => {
  const demo = sandbox.accounts[at]
  if (!demo) throw new Error(`there is no demo account ${at}`)
  return {
    id: `account-${at}`,
    externalAccountId: demo.externalAccountId,
    details: Details.parse(demo.details),
    credentials: Credentials.parse(demo.credentials),
  }
}

const downloader =
  (sandbox: RunningSandbox, papers: Map<string, string>): Context['download'] =>
  async (address, init = {}): Promise<Download> => {
    const { pathname, search, host } = new URL(address)
    const answer = await fetch(sandbox.url + pathname + search, {
      method: init.method ?? 'GET',
      headers: {
        ...init.headers,
        [upstreamHostHeader]: host,
        ...(init.json === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(init.json === undefined ? {} : { body: JSON.stringify(init.json) }),
    }).catch(() => undefined)
    const bytes = await answer?.arrayBuffer().catch(() => undefined)
    if (!answer || !bytes) throw failure('unavailable', 'Cannot reach the marketplace')
    const text = new TextDecoder('latin1').decode(bytes)
    if (answer.status !== 200) {
      const told = init.explain?.(answer.status, JSON.parse(text))
      const { kind = 'unavailable', message = 'no', ...rest } = told ?? {}
      throw failure(kind, message, rest)
    }
    const storageKey = `documents/${papers.size}${pathname}`
    papers.set(storageKey, text)
    return {
      sha256: '0'.repeat(64),
      byteSize: bytes.byteLength,
      mime: 'application/pdf',
      storageKey,
    }
  }

/** Does a piece of work as often as the host does: refreshes, waits, tries again. */
const patiently = async (
  world: World,
  work: () => Promise<void>,
  tries = 200,
): Promise<void> => {
  for (let left = tries; left > 0; left--) {
    try {
      return await work()
    } catch (error) {
      const failed = failureOf(error)
      if (failed?.kind === 'auth') {
        const credentials = Credentials.parse(await refresh(world.account, world.ctx))
        world.account = { ...world.account, credentials }
      } else if (failed?.kind === 'rate-limit') {
        await world.pass((failed.retryAfterMs ?? 1000) / 1000)
      } else if (failed?.kind === 'unavailable' || failed?.kind === 'bad-response') {
        await world.pass((failed.retryAfterMs ?? 60_000) / 1000)
      } else throw error
    }
  }
  throw new Error('The work did not come to an end')
}

export interface Shelf<Row> {
  readonly rows: Map<string, Row>
  readonly rejected: RejectedRow[]
  cursor: Cursor | null
}
type Sync<Row> = (
  account: Connection,
  request: SyncRequest<Cursor>,
  ctx: Context,
) => AsyncIterable<Page<Row, Cursor>>

/** One run to its end; what is stored goes by key, an older row never over a newer one. */
export const run = async <Row extends { readonly externalId: string; readonly updatedAt: Date }>(
  world: World,
  sync: Sync<Row>,
  shelf: Shelf<Row> = { rows: new Map(), rejected: [], cursor: null },
): Promise<Shelf<Row>> => {
  await patiently(world, async () => {
    const request = { cursor: shelf.cursor, reason: 'schedule' } as const
    for await (const page of sync(world.account, request, world.ctx)) {
      for (const row of page.rows) {
        const known = shelf.rows.get(row.externalId)
        if (!known || known.updatedAt <= row.updatedAt) shelf.rows.set(row.externalId, row)
      }
      shelf.rejected.push(...page.rejected)
      shelf.cursor = kept(page.cursor)
    }
  })
  return shelf
}

/** New orders that can be processed at once, as rows. */
export const newOrders = async (world: World, body: object = {}): Promise<readonly OrderRow[]> => {
  const { orderIds } = await world.control('createOrders', {
    ...{ account: world.account.externalAccountId, count: 3 },
    ...body,
  }) as { readonly orderIds: readonly string[] }
  const { rows } = await run(world, syncOrders)
  return orderIds.flatMap((id) => rows.get(id) ?? [])
}

/** The orders as the host hands them over, with the quantities that the stock allows. */
export const batchOf = (
  rows: readonly OrderRow[],
  more: Partial<Batch> & { readonly confirm?: (quantity: number) => number } = {},
): Batch => {
  const { confirm = (quantity) => quantity, ...batch } = more
  return {
    id: 'batch-1',
    orders: rows.map((row, at): BatchOrder => ({
      id: `id-${row.externalId}`,
      externalId: row.externalId,
      status: row.status ?? 'NEW',
      onHold: row.onHold,
      postalCode: row.customer?.address?.postalCode ?? null,
      stateCode: row.stateCode,
      lines: row.items.map((item) => {
        const quantity = item.quantity - (item.cancelledQuantity ?? 0)
        return {
          ...{ externalId: item.externalId, sku: item.sku, listingId: item.listingId },
          ...{ title: item.title, quantity, confirmedQuantity: confirm(quantity) },
          ...{ totalPaise: item.totalPaise, hsn: item.hsn ?? null },
          gstRateBp: item.gstRateBp ?? null,
        }
      }),
      invoice: { number: `FKT/26-27/${String(at + 1).padStart(4, '0')}`, date: '2026-08-14' },
    })),
    closure: 'IMMEDIATE',
    closeManifests: [],
    openManifests: [],
    done: [],
    ...batch,
  }
}

export interface Processed {
  /** What was recorded, the latest of each step and order. */
  readonly done: readonly StepResult[]
  readonly outcomeOf: (externalId: string, step: string) => string | undefined
  readonly heldWith: (externalId: string) => string | undefined
}

/**
 * Drains a batch as the host does: each result is recorded before the next one is asked for. `look`
 * may throw: then the result is lost, as by a kill before it was stored.
 */
export const process = async (
  world: World,
  batch: Batch,
  look: (result: StepResult) => unknown = () => {},
): Promise<Processed> => {
  const recorded = new Map<string, StepResult>()
  for (const result of batch.done) recorded.set(`${result.step} ${result.order}`, result)
  await patiently(world, async () => {
    const ask = { ...batch, done: [...recorded.values()] }
    for await (const result of fullProcessing(world.account, ask, world.ctx)) {
      await look(result)
      const key = `${result.step} ${result.order}`
      const { output = recorded.get(key)?.output } = result
      recorded.set(key, {
        ...result,
        ...(output === undefined ? {} : { output: JSON.parse(JSON.stringify(output)) }),
      })
    }
  })
  const done = [...recorded.values()]
  return {
    done,
    outcomeOf: (externalId, step) => recorded.get(`${step} id-${externalId}`)?.outcome,
    heldWith: (externalId) =>
      done.find((one) => one.outcome === 'held' && one.order === `id-${externalId}`)?.code,
  }
}
