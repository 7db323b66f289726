/** Two sellers with orders of one buyer, over the API. */
import { prepareOrders } from '../../core/ledger/order-rows.ts'
import { storeOrders } from '../../core/ledger/store-orders.ts'
import { askForRun } from '../ledger/support/runs.ts'
import { orderRow } from '../ledger/support/rows.ts'
import { makeSeller, type TestSeller } from '../support/database.ts'
import { type AccessWorld, type Answer, openAccessWorld, type Person } from './access-world.ts'

export const phone = '+919876543212'
export const email = 'asha.rao@example.in'
const address = { line1: '12 Laxmi Road', line2: null, city: 'Pune', state: 'MH', postalCode: null }
export const buyer = {
  name: 'Asha Rao',
  phone: '098765 43212',
  email: 'Asha.Rao@example.in',
  address,
}
export const reason = 'the buyer has asked by letter'

type Customer = NonNullable<ReturnType<typeof orderRow>['customer']>

export interface Selling {
  readonly access: AccessWorld
  /** The shop with QA-1 to QA-3, and that with QA-4. */
  readonly large: string
  readonly small: string
  /** A second seller, who sells QA-5 to the same buyer; with its OWNER and its shop. */
  readonly stranger: TestSeller
  readonly chief: Person
  readonly elsewhere: string
  readonly sell: (
    by: TestSeller,
    accountId: string,
    ids: readonly string[],
    customer?: Customer,
  ) => Promise<void>
  readonly search: (by: Person | string, q: string, more?: string) => Promise<Answer>
  /** What the marketplace calls what was found. */
  readonly found: (by: Person | string, q: string, more?: string) => Promise<readonly string[]>
}

/** Close its `access`. */
export const openSelling = async (): Promise<Selling> => {
  const access = await openAccessWorld()
  const { fresh, keyring } = access.world
  const sell: Selling['sell'] = async (by, accountId, ids, customer = buyer) => {
    const { runId } = await askForRun(access.world, by, accountId)
    const keys = await keyring.forSeller(by.entry, { willSeal: 4 * ids.length })
    const rows = ids.map((externalId) => orderRow({ externalId, customer }))
    const { orders } = prepareOrders(keys, accountId, rows)
    await fresh.db.withSellerScope(
      by.entry,
      (scope) => storeOrders(scope, keys, { accountId, runId }, orders),
    )
  }
  const search: Selling['search'] = (by, q, more = '') =>
    access.ask(by, `/v1/search?q=${encodeURIComponent(q)}${more}`)
  const [large, small] = access.accounts
  const stranger = await makeSeller(fresh.db)
  const chief = await access.person('OWNER', stranger)
  const elsewhere = await access.world.connectShop(stranger, 0)
  await sell(access.seller, large, ['QA-1', 'QA-2', 'QA-3'])
  await sell(access.seller, small, ['QA-4'])
  await sell(stranger, elsewhere, ['QA-5'])
  return {
    ...{ access, large, small, stranger, chief, elsewhere, sell, search },
    found: async (...asked) => {
      const { status, body, text } = await search(...asked)
      if (status !== 200) throw new Error(text)
      return body.data.map(({ title }: { title: string }) => title).toSorted()
    },
  }
}

/** Of every table, as text. */
export const allRows = ({ world: { fresh } }: AccessWorld): Promise<string> =>
  fresh.asSuperuser(async (admin) => {
    const names = await admin<{ name: string }[]>`select relname as name from pg_class
      where relnamespace = 'public'::regnamespace and relkind = 'r'`
    const rows = await Promise.all(
      names.map(({ name }) =>
        admin<{ row: string }[]>`select to_jsonb(t)::text as row from ${admin(name)} t`
      ),
    )
    return rows.flat().map(({ row }) => row).join('\n')
  })
