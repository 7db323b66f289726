/** One hit, and one buyer who asks for what is kept of them, for every seller. */
import type { Entry } from '../../core/db/database.ts'
import type { Services } from '../../core/http/services.ts'
import type { CustomerView } from '../../core/rbac/mask.ts'

type Inside = <T>(entry: Entry, value: T) => Promise<T>

export const fakeSearch = (
  inside: Inside,
  { id, account, at, buyer }: {
    /** Of the order. */
    readonly id: string
    readonly account: string
    readonly at: Date
    readonly buyer: CustomerView
  },
): Pick<Services, 'search' | 'principals'> => {
  const hit = {
    ...{ kind: 'order' as const, matched: 'id' as const, id, title: 'S-1001', exact: true },
    ...{ marketplace_account_id: account, at },
  }
  const order = {
    ...{ id, marketplace_account_id: account, marketplace: 'BAZAAR' },
    ...{ external_order_id: 'S-1001', status: 'PACKED' as const, ordered_at: at },
  }
  const exported = {
    ...{ ...order, currency: 'INR', total_paise: 64_700, customer: buyer },
    ...{ items: [], shipments: [], returns: [], documents: [] },
  }
  const erasure = '01998f75-8091-72a3-8d4e-6f708192a3b4'
  const counts = { orders: 1, fields: 4, documents: 0, raw_rows: 0 }
  const erased = {
    ...{ id: erasure, orders: 1 },
    erasures: [{ id: erasure, marketplace_account_id: account, ...counts }],
    stays: [{ what: 'backups' as const, until: at }],
  }
  return {
    search: {
      find: (entry, { kinds }) => inside(entry, { hits: [hit], searched: kinds }),
    },
    principals: {
      find: (entry) =>
        inside(entry, {
          orders: [{ ...order, holds: ['phone'] }],
          total: 1,
          rawRows: 0,
          next: null,
        }),
      export: (entry) => inside(entry, { orders: [exported], next: null }),
      erase: async (entry) => {
        const done = await inside(entry, erased)
        entry.once?.onMade()
        return done
      },
      erasure: (entry) => inside(entry, erased),
    },
  }
}
