/** The trail of orders: facts, each kept once however often it is told. */
import { textArray, timestampArray, uuidArray } from '../db/arrays.ts'
import type { Tx } from '../db/database.ts'
import { command, sql } from '../db/sql.ts'
import { idOf } from '../ids.ts'
import type { OrderState } from '../plugin.ts'

/** Where something happens, and the run that does it; null: a person, or the platform itself. */
export interface Place {
  readonly accountId: string
  readonly runId: string | null
}

export interface OrderEvent {
  readonly orderId: string
  /** `order.status`, `order.conflict`, `processing.step` …: kebab-case on both sides. */
  readonly kind: string
  /** The state or step that was reached. */
  readonly state: string | null
  /** The marketplace's own word. No buyer's data. */
  readonly raw?: string | null
  /** When it happened, by the clock of the marketplace. */
  readonly at: Date
  /** Ids, counts and codes: never a buyer's data, never a secret. */
  readonly data?: Readonly<Record<string, unknown>>
  /** What makes the fact one; without it: kind, state, word, time and data. */
  readonly key?: string
}

const orderEventId = (sellerId: string, event: OrderEvent): string => {
  const { orderId, kind, state, raw, at, data, key } = event
  const fact = key ?? JSON.stringify([state, raw ?? null, at.toISOString(), data ?? null])
  return idOf(sellerId, orderId, 'order-event', kind, fact)
}

/**
 * Adds what is not there yet and answers how much that was. An order that is not there is an error.
 * Without a run it was whoever the scope was opened for.
 */
export const addOrderEvents = async (
  scope: Tx & { readonly sellerId: string },
  place: Pick<Place, 'runId'>,
  events: readonly OrderEvent[],
): Promise<number> =>
  events.length === 0 ? 0 : await scope.run(command`${tellEvents(scope.sellerId, place, events)}`)

/** The statement, for callers that send it with others. */
export const tellEvents = (
  sellerId: string,
  { runId }: Pick<Place, 'runId'>,
  events: readonly OrderEvent[],
) =>
  sql.fragment`
    insert into order_events (
      seller_id, job_run_id, actor, id, order_id, kind, state, raw, at, data
    )
    select ${sellerId}::uuid, ${runId}::uuid,
      case when ${runId}::uuid is null then app_current_actor() end,
      e.id, e.order_id, e.kind, e.state, e.raw, e.at, e.data::jsonb
    from unnest(
      ${uuidArray(events.map((event) => orderEventId(sellerId, event)))}::uuid[],
      ${uuidArray(events.map((event) => event.orderId))}::uuid[],
      ${textArray(events.map((event) => event.kind))}::text[],
      ${textArray(events.map((event) => event.state))}::text[],
      ${textArray(events.map((event) => event.raw ?? null))}::text[],
      ${timestampArray(events.map((event) => event.at))}::timestamptz[],
      ${textArray(events.map(({ data }) => data ? JSON.stringify(data) : null))}::text[]
    ) as e (id, order_id, kind, state, raw, at, data)
    on conflict (seller_id, id) do nothing`

/** What a word of the marketplace was: with the state that it means, or with none where nobody knows. */
export const wordEvent = (word: {
  readonly orderId: string
  readonly status: OrderState | null
  readonly raw: string
  readonly onHold: boolean
  readonly at: Date
}): OrderEvent => ({
  orderId: word.orderId,
  kind: word.status === null ? 'order.unknown-status' : 'order.status',
  state: word.status,
  raw: word.raw,
  at: word.at,
  ...(word.onHold ? { data: { on_hold: true } } : {}),
})
