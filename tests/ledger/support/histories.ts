/** What happens to an order, as data: the same history is told in any order, and more than once. */
import fc from 'fast-check'
import { createTimelines } from '../../../core/ledger/read-timeline.ts'
import { moveOrders } from '../../../core/ledger/order-moves.ts'
import { idOf } from '../../../core/ids.ts'
import {
  type OrderState,
  orderStates,
  type ReturnState,
  returnStates,
} from '../../../core/plugin.ts'
import type { Pages } from './pages.ts'
import { orderRow } from './rows.ts'

export type Happening =
  | {
    readonly says: 'order'
    readonly minute: number
    readonly status: OrderState | null
    readonly onHold: boolean
    readonly parcels: readonly {
      readonly number: number
      readonly minute: number
      readonly status: OrderState | null
    }[]
  }
  /** A step of ours. */
  | { readonly says: 'move'; readonly minute: number; readonly status: OrderState }
  | { readonly says: 'return'; readonly minute: number; readonly status: ReturnState | null }

const minute = fc.integer({ min: 0, max: 40 })
const status = fc.option(fc.constantFrom(...orderStates), { freq: 8 })
const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      says: fc.constant('order' as const),
      ...{ minute, status, onHold: fc.boolean() },
      parcels: fc.uniqueArray(
        fc.record({ number: fc.integer({ min: 1, max: 2 }), minute, status }),
        {
          maxLength: 2,
          selector: ({ number }) => number,
        },
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      says: fc.constant('move' as const),
      minute,
      status: fc.constantFrom(...orderStates.slice(0, 6)),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      says: fc.constant('return' as const),
      minute,
      status: fc.option(fc.constantFrom(...returnStates), { freq: 8 }),
    }),
  },
)

/** A parcel or order that says two things in one instant says what each of them means: no more. */
export const history = (length: number): fc.Arbitrary<readonly Happening[]> =>
  fc.array(happening, { minLength: length, maxLength: length })
    .filter((all) => all.some(({ says }) => says === 'order'))

/** What is told of an order that is not there yet is not told: its own row comes before our steps. */
export const tellable = (sequence: readonly Happening[]): readonly Happening[] => {
  const first = sequence.findIndex(({ says }) => says === 'order')
  const order = sequence[first]
  if (order === undefined) throw new Error('Nothing tells of the order')
  return sequence.slice(0, first).some(({ says }) => says === 'move')
    ? [order, ...sequence.toSpliced(first, 1)]
    : sequence
}

const start = Date.UTC(2026, 0, 9)
const at = (minutes: number) => new Date(start + minutes * 60_000)
/** Every state has words of its own, and an unknown one has one as well. */
const wordOf = (state: string | null): string => state === null ? 'At the seaside' : `is ${state}`

/** One happening of each order, stored as pages of a sync. */
export const tell = async (
  pages: Pages,
  told: readonly (readonly [order: string, what: Happening])[],
): Promise<void> => {
  await pages.store(
    'ORDERS',
    told.flatMap(([order, what]) =>
      what.says !== 'order' ? [] : [orderRow({
        ...{ externalId: order, updatedAt: at(what.minute), customer: null, onHold: what.onHold },
        ...{ status: what.status, rawStatus: wordOf(what.status) },
        shipments: what.parcels.map(({ number, minute, status }) => ({
          ...{ externalId: `${order}/${number}`, updatedAt: at(minute), items: [] },
          ...{ status, rawStatus: wordOf(status) },
          ...{ awb: null, carrier: null, manifestExternalId: null },
        })),
      })]
    ),
  )
  await pages.store(
    'RETURNS',
    told.flatMap(([order, what]) =>
      what.says !== 'return' ? [] : [{
        ...{ externalId: `R-${order}`, orderExternalId: order, kind: 'RTO' as const },
        ...{ status: what.status, rawStatus: wordOf(what.status), updatedAt: at(what.minute) },
        ...{ initiatedAt: at(5), deliveredAt: at(30), reason: null, shipmentExternalId: null },
        ...{ awbs: [{ awb: `A${what.minute}`, carrier: null }], creditNote: null, items: [] },
      }]
    ),
  )
  await pages.inScope((scope) =>
    moveOrders(
      scope,
      pages.place,
      told.flatMap(([order, what]) =>
        what.says !== 'move' ? [] : [{
          orderId: orderIdIn(pages, order),
          status: what.status,
          at: at(what.minute),
        }]
      ),
    )
  )
}

export const orderIdIn = ({ seller, accountId }: Pages, order: string): string =>
  idOf(seller.sellerId, accountId, 'order', order)

/** Where an order, its parcels and its return have come to, and its timeline: without ids and names. */
export const outcomesIn = (pages: Pages, orders: readonly string[]): Promise<readonly unknown[]> =>
  pages.fresh.asSuperuser(async (admin) => {
    const { get } = createTimelines(pages.fresh.db)
    const outcomes: unknown[] = []
    for (const order of orders) {
      const id = orderIdIn(pages, order)
      const stands = await admin`
        select status, status_rank, raw_status, on_hold, source_updated_at from orders
        where id = ${id}`
      const parcels = await admin`
        select right(external_shipment_id, 1) as number, status, raw_status, source_updated_at
        from shipments where order_id = ${id} order by 1`
      const returns = await admin`
        select r.status, r.raw_status, r.source_updated_at,
          array(select awb from return_awbs a where a.order_return_id = r.id order by awb) as awbs
        from order_returns r where order_id = ${id}`
      const timeline = await get(pages.seller.entry, id, null)
      outcomes.push({
        order: stands.map((row) => ({ ...row })),
        parcels: parcels.map((row) => ({ ...row })),
        returns: returns.map((row) => ({ ...row })),
        timeline: timeline?.map(({ source: _, shipment_id, return_id, data, ...entry }) => ({
          ...entry,
          of: shipment_id ? 'shipment' : return_id ? 'return' : 'order',
          onHold: data?.['on_hold'] ?? false,
        })),
      })
    }
    return outcomes
  })
