/** A sandbox for one test, and a host that does with the adapter what the real one does. */
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
import { type FakeContext, type RunningSandbox, sandboxContext } from 'robnu/testing'
import { upstreamHostHeader } from 'robnu/testing'
import { onTestFinished } from 'vitest'
import ajio from '../mod.ts'
import startSandbox from '../sandbox.ts'
import { Credentials, type Cursor, Details } from '../schemas.ts'
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
  /** Of the first POB. */
  account: Connection
}
interface BookedOrder {
  readonly no: string
  readonly status: string
  readonly totalPaise: number
  readonly packages: number
  readonly lines: readonly {
    readonly sellerOrderNo: string
    readonly jioCode: string
    readonly orderQty: number
    readonly confirmedQty: number | null
    readonly cancelledQty: number
  }[]
  readonly shipment:
    | { readonly id: string; readonly status: string; readonly manifestId: string | null }
    | null
  readonly returns: readonly {
    readonly no: string
    readonly type: string
    readonly status: string
    readonly creditNotePaise: number | null
  }[]
}
export interface Books {
  readonly orders: readonly BookedOrder[]
  readonly manifests: readonly {
    readonly id: string
    readonly reference: string
    readonly status: string
    readonly dispatchDate: string | null
    readonly shipments: readonly string[]
  }[]
  readonly settlements: readonly {
    readonly clearingDocNo: string
    readonly totalPaise: number
    readonly lines: readonly { readonly internalDocNo: string; readonly netPaise: number }[]
  }[]
  readonly stock: Readonly<Record<string, number>>
  /** How often each operation was asked, and how often it changed something. */
  readonly asked: Readonly<Record<string, number>>
  readonly done: Readonly<Record<string, number>>
}

/** The clock stands still until it is moved; no limits unless asked for. */
export const startWorld = async ({ limited = false } = {}): Promise<World> => {
  const sandbox = await startSandbox({ seed: 7, speed: 0, env: {} })
  onTestFinished(() => sandbox.stop())
  const papers = new Map<string, string>()
  const fake = sandboxContext(sandbox, {
    hosts: ajio.hosts,
    ...(ajio.limits ? { limits: ajio.limits } : {}),
  })
  const ctx: FakeContext = { ...fake, download: downloader(sandbox, papers) }
  const control: World['control'] = async (verb, body = {}) => {
    const request = { method: 'POST', body: JSON.stringify(body) }
    const answer = await fetch(`${sandbox.url}/_control/${verb}`, request)
    const json = await answer.json()
    if (!answer.ok) throw new Error(`${verb}: ${JSON.stringify(json)}`)
    return json
  }
  if (!limited) {
    for (const { operation } of ajio.limits ?? []) {
      await control('throttle', { operation, ratePerSecond: 1e6, burst: 1e6 })
    }
  }
  const account = accountOf(sandbox, 0)
  return {
    ...{ sandbox, ctx, papers, control, account },
    pass: (seconds) => control('clock', { bySeconds: seconds }),
    books: async () => {
      const { pobs } = await control('books', { pob: account.externalAccountId }) as {
        pobs: Record<string, Books>
      }
      return pobs[account.externalAccountId] as Books
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
  async (url, init = {}): Promise<Download> => {
    const { pathname, host } = new URL(url)
    const headers = { ...init.headers, [upstreamHostHeader]: host }
    const answer = await fetch(sandbox.url + pathname, { headers })
      .catch(() => undefined)
    const bytes = await answer?.arrayBuffer().catch(() => undefined)
    if (!answer || !bytes) throw failure('unavailable', 'Cannot reach the marketplace')
    const text = new TextDecoder('latin1').decode(bytes)
    if (answer.status !== 200) {
      const told = init.explain?.(answer.status, jsonOf(text))
      const { kind = 'unavailable', message = 'no', ...rest } = told ?? {}
      throw failure(kind, message, rest)
    }
    const storageKey = `documents${pathname}`
    papers.set(storageKey, text)
    return {
      sha256: '0'.repeat(64),
      byteSize: bytes.byteLength,
      mime: 'application/pdf',
      storageKey,
    }
  }
const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Does a piece of work as often as the host does: refreshes, waits, tries again. */
const patiently = async (
  world: World,
  work: () => Promise<void>,
  tries = 400,
): Promise<void> => {
  for (let left = tries; left > 0; left--) {
    try {
      return await work()
    } catch (error) {
      const failed = failureOf(error)
      if (failed?.kind === 'auth') {
        const credentials = await ajio.adapter.refresh?.(world.account, world.ctx)
        world.account = { ...world.account, credentials: Credentials.parse(credentials) }
      } else if (failed?.kind === 'rate-limit') await world.pass((failed.retryAfterMs ?? 0) / 1000)
      else if (failed?.kind === 'unavailable') await world.pass(300)
      else throw error
    }
  }
  throw new Error('The work did not come to an end')
}

export interface Shelf<Row> {
  readonly rows: Map<string, Row>
  readonly rejected: RejectedRow[]
  cursor: Cursor | null
  received: number
  pages: number
}
export const emptyShelf = <Row>(): Shelf<Row> => ({
  rows: new Map(),
  rejected: [],
  cursor: null,
  received: 0,
  pages: 0,
})

type Sync<Row> = (
  account: Connection,
  request: SyncRequest<Cursor>,
  ctx: Context,
) => AsyncIterable<Page<Row, Cursor>>

/** One run to its end; what is stored goes by key, an older row never over a newer one. */
export const run = async <Row extends { readonly externalId: string; readonly updatedAt: Date }>(
  world: World,
  sync: Sync<Row> | undefined,
  shelf: Shelf<Row>,
  between: () => Promise<unknown> = () => Promise.resolve(),
): Promise<void> => {
  await patiently(world, async () => {
    const request = { cursor: shelf.cursor, reason: 'schedule' } as const
    for await (const page of sync?.(world.account, request, world.ctx) ?? []) {
      for (const row of page.rows) {
        const known = shelf.rows.get(row.externalId)
        if (!known || known.updatedAt <= row.updatedAt) shelf.rows.set(row.externalId, row)
      }
      shelf.rejected.push(...page.rejected)
      shelf.cursor = kept(page.cursor)
      shelf.received += page.received
      shelf.pages += 1
      await between()
    }
  })
}

/** The orders as the host hands them over, with the quantities that the stock allows. */
export const batchOf = (
  rows: readonly OrderRow[],
  more: Partial<Batch> & { readonly confirm?: (quantity: number) => number } = {},
): Batch => {
  const { confirm = (quantity) => quantity, ...batch } = more
  return {
    id: 'batch-1',
    orders: rows.map((row, i): BatchOrder => ({
      id: `id-${row.externalId}`,
      externalId: row.externalId,
      status: row.status ?? 'NEW',
      onHold: row.onHold,
      postalCode: row.customer?.address?.postalCode ?? null,
      stateCode: row.stateCode,
      lines: row.items.map((item) => {
        const quantity = item.quantity - (item.cancelledQuantity ?? 0)
        return {
          externalId: item.externalId,
          sku: item.sku,
          listingId: item.listingId,
          title: item.title,
          quantity,
          confirmedQuantity: confirm(quantity),
          totalPaise: item.totalPaise,
          hsn: item.hsn ?? null,
          gstRateBp: item.gstRateBp ?? null,
        }
      }),
      invoice: { number: `TEST/26-27/${String(i + 1).padStart(4, '0')}`, date: '2026-08-14' },
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
    const done: readonly StepResult[] = [...recorded.values()]
    const steps = ajio.adapter.fullProcessing?.(world.account, { ...batch, done }, world.ctx)
    for await (const result of steps ?? []) {
      await look(result)
      const key = `${result.step} ${result.order}`
      recorded.set(key, stored(result, recorded.get(key)))
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
