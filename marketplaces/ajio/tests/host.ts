/** A host that does with the adapter what the real one does. */
import {
  type Batch,
  type BatchOrder,
  type Context,
  failure,
  failureOf,
  type OrderRow,
  type Page,
  type RejectedRow,
  type StepResult,
  type SyncRequest,
} from 'robnu/plugin'
import ajio from '../mod.ts'
import { Credentials, type Cursor } from '../schemas.ts'
import type { Connection } from '../transport.ts'
import { kept } from './support.ts'
import type { World } from './world.ts'

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
