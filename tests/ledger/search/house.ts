/** Two sellers with the same orders and the same buyer; the first one has a second shop. */
import type { Limiter } from '../../../core/auth/limits/limiter.ts'
import { searchPolicy } from '../../../core/ledger/search/search.ts'
import { type FreshDatabase, freshDatabase, makeAccount } from '../../support/database.ts'
import { openPages, type Pages } from '../support/pages.ts'
import { orderRow, payoutRow, returnRow, shipmentRow } from '../support/rows.ts'

export interface SearchHouse {
  readonly fresh: FreshDatabase
  readonly pages: Pages
  readonly other: Pages
  /** A second shop of the first seller, without orders. */
  readonly second: string
  readonly close: () => Promise<void>
}

/** Close it in `afterAll`. */
export const openSearchHouse = async (): Promise<SearchHouse> => {
  const fresh = await freshDatabase()
  const [pages, other] = [await openPages(fresh), await openPages(fresh)]
  await fill(pages)
  await fill(other)
  const second = await makeAccount(fresh, pages.seller, { externalAccountId: 'SHOP-2' })
  return {
    ...{ fresh, pages, other, second },
    close: async () => {
      await pages.close()
      await other.close()
      await fresh.close()
    },
  }
}

export const buyer = { name: 'Asha Rao', phone: null, email: null, address: null }
/** A search that may look through everything. */
export const all = { order: null, shipment: null, return: null, payout: null, buyer: null }
export const freely: Limiter = {
  take: () => ({ policy: searchPolicy, isAllowed: true, remaining: 1, resetSeconds: 1 }),
}

const fill = async ({ store }: Pages): Promise<void> => {
  await store('ORDERS', [
    orderRow({
      externalId: 'BZ-100',
      customer: { ...buyer, phone: '+91 98765 43212', email: 'Asha.Rao@Example.in' },
      shipments: [
        shipmentRow({ externalId: 'SH-1', awb: 'AWB100' }),
        shipmentRow({ externalId: 'SH-2', awb: 'AWB1001' }),
      ],
    }),
    orderRow({ externalId: 'BZ-1001', customer: { ...buyer, phone: '09876543212' } }),
    orderRow({ externalId: 'BZ-1002', customer: { ...buyer, phone: 'ask the guard' } }),
    orderRow({ externalId: 'bz-100', customer: null }),
  ])
  await store('RETURNS', [
    returnRow({
      ...{ externalId: 'RT-100', orderExternalId: 'BZ-100', shipmentExternalId: null },
      awbs: [{ awb: 'AWB100', carrier: null }, { awb: 'RT-100', carrier: null }],
    }),
  ])
  await store('PAYOUTS', [payoutRow({ externalId: 'UTR-100' })])
}
