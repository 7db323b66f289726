/** No parcel, no return and no settlement came in yet; the order has one word. */
import type { Entry } from '../../core/db/database.ts'
import type { Services } from '../../core/http/services.ts'
import type { TimelineEntry } from '../../core/ledger/read-timeline.ts'

const word: TimelineEntry = {
  at: new Date('2026-01-31T10:15:00Z'),
  kind: 'order.status',
  state: 'PACKED',
  raw: 'Packed',
  shipment_id: null,
  return_id: null,
  data: null,
  source: { kind: 'run', marketplace: 'BAZAAR', run_id: null, actor: null },
}

export const fakeLeaves = (
  inside: <T>(entry: Entry, value: T) => Promise<T>,
  orderId: string,
): Pick<Services, 'erasures' | 'shipments' | 'returns' | 'payouts' | 'timelines'> => {
  const empty = (entry: Entry) => inside(entry, { rows: [], next: null })
  const nothing = (entry: Entry) => inside(entry, null)
  return {
    erasures: { list: empty },
    shipments: { list: empty, get: nothing },
    returns: { list: empty, get: nothing },
    payouts: { list: empty, get: nothing, lines: nothing },
    timelines: { get: (entry, id) => inside(entry, id === orderId ? [word] : null) },
  }
}
