/** What a sandbox says that an honest ledger has to show, and what ours shows. */
import { type Books, expectedOf } from '../day/books.ts'
import type { House, Shop } from './house.ts'

export interface Shown {
  readonly orders: readonly {
    readonly id: string
    readonly state: string
    readonly onHold: boolean
    readonly totalPaise: number | null
    readonly items: readonly {
      readonly id: string
      readonly quantity: number
      readonly cancelled: number
    }[]
  }[]
  readonly returns: readonly {
    readonly id: string
    readonly orderId: string
    readonly kind: string
    readonly state: string
    readonly quantity: number
  }[]
  readonly payouts: readonly {
    readonly id: string
    readonly state: string
    readonly amount: string
    readonly lines: number
  }[]
}

/** Steps that a marketplace without acceptance or manifests hears nothing of. */
const ours: Readonly<Record<string, string>> = { ACKNOWLEDGED: 'NEW', MANIFESTED: 'READY_TO_SHIP' }

/** In one order, and only what is compared. */
const tidy = ({ orders, returns, payouts }: Shown, hears: boolean): Shown => ({
  orders: byId(orders).map(({ id, state, onHold, totalPaise, items }) => ({
    ...{ id, state: hears ? state : ours[state] ?? state, onHold, totalPaise },
    items: byId(items).map(({ id, quantity, cancelled }) => ({ id, quantity, cancelled })),
  })),
  returns: byId(returns).map(({ id, orderId, kind, state, quantity }) => ({
    ...{ id, orderId, kind, state, quantity },
  })),
  payouts: byId(payouts).map(({ id, state, amount, lines }) => ({
    ...{ id, state, lines, amount: Number(amount).toFixed(2) },
  })),
})
const byId = <T extends { readonly id: string }>(rows: readonly T[]): readonly T[] =>
  rows.toSorted((one, other) => one.id < other.id ? -1 : one.id > other.id ? 1 : 0)

const hears = (id: string): boolean => id === 'ajio' || id === 'meesho'

/** What the ledger has to show of the shop. */
export const booksOf = async (house: House, shop: Shop): Promise<Shown> => {
  const { marketplace: { id }, externalAccountId } = shop
  if (id === 'ajio') return tidy(await ajioBooks(house, externalAccountId), true)
  const { accounts } = await house.control(id, 'ledger') as {
    readonly accounts: Readonly<Record<string, Shown>>
  }
  const books = accounts[externalAccountId]
  if (!books) throw new Error(`The sandbox keeps no ledger of "${externalAccountId}"`)
  return tidy(books, hears(id))
}

/** AJIO's sandbox keeps books of its own form. */
const ajioBooks = async (house: House, pob: string): Promise<Shown> => {
  const { pobs } = await house.control('ajio', 'books', { pob }) as {
    readonly pobs: Readonly<Record<string, Books>>
  }
  const books = pobs[pob]
  if (!books) throw new Error(`The sandbox keeps no books of "${pob}"`)
  const { orders } = expectedOf(books)
  return {
    orders: orders.map(({ key, status, onHold, totalPaise, lines }) => ({
      ...{ id: key, state: status, onHold, totalPaise },
      items: lines.map((line) => ({
        ...{ id: line.key, quantity: line.quantity, cancelled: line.cancelled },
      })),
    })),
    returns: books.orders.flatMap(({ no, returns }) =>
      returns.map((one) => ({
        ...{ id: one.no, orderId: no, kind: kinds[one.type] ?? one.type },
        state: returnState(one.status, one.courier),
        quantity: one.lines.reduce((sum, { quantity }) => sum + quantity, 0),
      }))
    ),
    payouts: books.settlements.map((one) => ({
      ...{ id: one.clearingDocNo, state: payoutWords[one.status] ?? one.status },
      ...{ amount: (one.totalPaise / 100).toFixed(2), lines: one.lines.length },
    })),
  }
}
const kinds: Readonly<Record<string, string>> = { RTO: 'RTO', CUSTOMER: 'CUSTOMER_RETURN' }
const returnWords: Readonly<Record<string, string>> = {
  RETURN_CREATED: 'INITIATED',
  RETURN_PICKED: 'PICKED_UP',
  RETURN_DELIVERED: 'DELIVERED',
  RETURN_PROCESSED: 'PROCESSED',
  CREDIT_NOTE_CREATED: 'CREDITED',
  RETURN_CANCELLED: 'CANCELLED',
}
const returnState = (word: string, courier: string | null): string => {
  const own = returnWords[word] ?? word
  if (own !== 'INITIATED' || courier === null) return own
  return { 'Picked Up': 'PICKED_UP', 'In Transit': 'IN_TRANSIT' }[courier] ?? own
}
const payoutWords: Readonly<Record<string, string>> = { CLEARED: 'PAID', EXPECTED: 'OPEN' }

/** The same of the database, as the superuser, whom no policy holds back. */
export const ledgerOf = async (house: House, { accountId, marketplace }: Shop): Promise<Shown> =>
  await house.fresh.asSuperuser(async (sql) => {
    const orders = await sql<Shown['orders'][number][]>`
      select o.external_order_id as id, o.status as state, o.on_hold as "onHold",
        o.total_paise::float8 as "totalPaise",
        coalesce((
          select jsonb_agg(jsonb_build_object('id', i.external_item_id, 'quantity', i.quantity,
            'cancelled', i.cancelled_quantity))
          from order_items i where i.seller_id = o.seller_id and i.order_id = o.id), '[]') as items
      from orders o where o.marketplace_account_id = ${accountId}`
    const returns = await sql<Shown['returns'][number][]>`
      select r.external_return_id as id, o.external_order_id as "orderId", r.kind,
        r.status as state, (
          select coalesce(sum(i.quantity), 0)::int from order_return_items i
          where i.seller_id = r.seller_id and i.order_return_id = r.id) as quantity
      from order_returns r
      left join orders o on o.seller_id = r.seller_id and o.id = r.order_id
      where r.marketplace_account_id = ${accountId}`
    const payouts = await sql<Shown['payouts'][number][]>`
      select p.external_payout_id as id, p.settlement_state as state, p.lines_amount::text as amount, (
          select count(*)::int from payout_line_items l
          where l.seller_id = p.seller_id and l.marketplace_payout_id = p.id) as lines
      from marketplace_payouts p where p.marketplace_account_id = ${accountId}`
    const shown = { orders: [...orders], returns: [...returns], payouts: [...payouts] }
    return tidy(shown, hears(marketplace.id))
  })

/** What differs, by its path, the first of them. */
export const differences = (books: Shown, ledger: Shown): readonly string[] =>
  (['orders', 'returns', 'payouts'] as const).flatMap((kind) => {
    const ours = new Map(ledger[kind].map((row) => [row.id, JSON.stringify(row)]))
    const theirs = new Map(books[kind].map((row) => [row.id, JSON.stringify(row)]))
    return [...new Set([...theirs.keys(), ...ours.keys()])]
      .filter((id) => ours.get(id) !== theirs.get(id))
      .map((id) =>
        `${kind} ${id}: books ${theirs.get(id) ?? 'none'}, ledger ${ours.get(id) ?? 'none'}`
      )
  }).slice(0, 8)
