/** Moves of orders beside their own rows: by what we did, by their parcels, by what comes back. */
import { int4Array, textArray, timestampArray, uuidArray } from '../db/arrays.ts'
import type { SellerScope } from '../db/database.ts'
import { command } from '../db/sql.ts'
import { type OrderState, orderStateRank } from '../plugin.ts'
import { noteStock } from './inventory/note.ts'
import { addOrderEvents, type OrderEvent, type Place } from './order-events.ts'
import { recordConflicts } from './order-conflicts.ts'
import { lockAccount, type OrderStands, readParcels, readStands } from './order-stands.ts'
import { further, isDoubtful, noParcels, orderStanding } from './standing.ts'

export interface OrderMove {
  readonly status: OrderState
  /** By the clock of the marketplace: what it tells of a later time goes before it. */
  readonly at: Date
  /** The marketplace's own word, where it is the marketplace that said so. */
  readonly raw?: string | null
  /** As of `OrderEvent`. */
  readonly data?: Readonly<Record<string, unknown>>
  readonly key?: string
}

/**
 * Says that an order has come to a state, as when a step of its processing is done. Nothing goes
 * back, and the same move again writes nothing. Answers the ids of the orders whose state is another
 * one now. Orders that are not there are an error.
 */
export const moveOrders = async (
  scope: SellerScope,
  place: Place,
  moves: readonly (OrderMove & { readonly orderId: string })[],
): Promise<readonly string[]> => {
  if (moves.length === 0) return []
  await lockAccount(scope, place.accountId)
  const before = await readStands(scope, [...new Set(moves.map((move) => move.orderId))])
  const after = new Map(before)
  const doubtful = new Set<string>()
  for (const { orderId, status, at } of moves) {
    const stands = after.get(orderId)
    if (!stands) throw new Error('An order that is to be moved is not there')
    if (isDoubtful(stands.own.status, status)) doubtful.add(orderId)
    const own = further(stands.own, { status, at })
    after.set(orderId, { ...stands, own })
  }
  const { moved } = await writeStands(scope, place, before, [...after.values()])
  const events = moves.map(({ status, ...move }): OrderEvent => ({
    ...move,
    kind: 'order.status',
    state: status,
  }))
  await addOrderEvents(scope, place, events)
  await recordConflicts(scope, place, [...doubtful])
  return moved
}

/** As `moveOrders`, for one order. True: its state is another one now. */
export const moveOrder = async (
  scope: SellerScope,
  place: Place,
  orderId: string,
  move: OrderMove,
): Promise<boolean> => (await moveOrders(scope, place, [{ ...move, orderId }])).length > 0

/** Lets orders follow their parcels. Behind `lockAccount`. */
export const followParcels = async (
  scope: SellerScope,
  place: Place,
  orderIds: readonly string[],
): Promise<void> => {
  if (orderIds.length === 0) return
  const parcels = await readParcels(scope, orderIds)
  const before = await readStands(scope, orderIds)
  const after = [...before.values()].map((stands) => ({
    ...stands,
    parcels: parcels.get(stands.id) ?? noParcels,
  }))
  await writeStands(scope, place, before, after)
}

/** Writes what differs. `moved`: the ids of the orders whose state is another one. */
export const writeStands = async (
  scope: SellerScope,
  { accountId }: Place,
  before: ReadonlyMap<string, OrderStands>,
  after: readonly OrderStands[],
): Promise<{ readonly written: readonly string[]; readonly moved: readonly string[] }> => {
  const changes = after
    .map((stands) => ({ ...stands, status: orderStanding(stands.own, stands.parcels).status }))
    .filter((stands) => !isSame(stands, before.get(stands.id)))
  if (changes.length === 0) return { written: [], moved: [] }
  await scope.run(command`
    update orders o
    set status = u.status, status_rank = u.status_rank, own_status = u.own_status,
      own_at = u.own_at, parcel_status = u.parcel_status, parcel_at = u.parcel_at,
      parcel_count = u.parcel_count, updated_at = now()
    from unnest(
      ${uuidArray(changes.map(({ id }) => id))}::uuid[],
      ${textArray(changes.map(({ status }) => status))}::text[],
      ${int4Array(changes.map(({ status }) => orderStateRank(status)))}::int4[],
      ${textArray(changes.map(({ own }) => own.status))}::text[],
      ${timestampArray(changes.map(({ own }) => own.at))}::timestamptz[],
      ${textArray(changes.map(({ parcels }) => parcels.standing?.status ?? null))}::text[],
      ${timestampArray(changes.map(({ parcels }) => parcels.standing?.at ?? null))}::timestamptz[],
      ${int4Array(changes.map(({ parcels }) => parcels.count))}::int4[]
    ) as u (
      id, status, status_rank, own_status, own_at, parcel_status, parcel_at, parcel_count
    )
    where o.seller_id = ${scope.sellerId} and o.id = u.id`)
  const moved = changes.filter(({ id, status }) => before.get(id)?.status !== status)
  if (moved.length > 0) await noteStock(scope, accountId)
  return { written: changes.map(({ id }) => id), moved: moved.map(({ id }) => id) }
}

const isSame = (a: OrderStands, b: OrderStands | undefined): boolean =>
  JSON.stringify([a.status, a.own, a.parcels]) ===
    JSON.stringify(b && [b.status, b.own, b.parcels])
