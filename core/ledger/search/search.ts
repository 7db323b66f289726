/** One search over all that a seller has: ids, waybills, and buyers by blind index. */
import { z } from 'zod'
import type { Limiter } from '../../auth/limits/limiter.ts'
import { emailIndex, phoneIndex } from '../../crypto/blind-index.ts'
import type { Keyring } from '../../crypto/keyring.ts'
import type { Database, Entry } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import { fault, hasCode } from '../../errors.ts'
import type { Policy } from '../../rate-limits.ts'
import type { AccountLimit } from '../../rbac/decide.ts'
import type { Fragment } from '../account-limit.ts'
import { byId, named, ordersOfBuyer, returnsByAwb, shipmentsByAwb } from './lookups.ts'
import { type Question, readQuestion } from './question.ts'

export const searchKinds = ['order', 'shipment', 'return', 'payout'] as const
export type SearchKind = (typeof searchKinds)[number]
/** What was looked through: rows of a kind, and orders by the values of their buyers. */
export const searchParts = [...searchKinds, 'buyer'] as const
type SearchPart = (typeof searchParts)[number]

/**
 * Searches for a buyer, by person: enough for a desk that takes calls, far too few to try out
 * numbers. Who may search so sees the buyers of single orders, too.
 */
export const searchPolicy: Policy = { name: 'search-buyers', quota: 300, windowSeconds: 3_600 }

const hitRow = z.object({
  kind: z.enum(searchKinds),
  matched: z.enum(['id', 'awb', 'phone', 'email']),
  id: z.string(),
  /** What the marketplace or the courier calls it; never a value of the buyer. */
  title: z.string(),
  /** False: it only begins so. */
  exact: z.boolean(),
  marketplace_account_id: z.string(),
  at: z.date(),
})
export type SearchHit = z.infer<typeof hitRow>

export interface SearchAsk {
  readonly q: string
  readonly kinds: readonly SearchKind[]
  /** Of each kind. */
  readonly limit: number
  /** The accounts of each part that the asker may see; null: all. */
  readonly reach: Readonly<Record<SearchPart, AccountLimit | null>>
  /** Whom searches for buyers count for. */
  readonly asker: string
}
export interface Search {
  /**
   * Exact ones first, then by kind; no row twice. `searched` lacks `buyer` where the question is no
   * phone number and no address, where the asker may see no buyers, and where the quota is used up or
   * no key is to be had while ids could be looked for. Throws `quota-exceeded` and `keys-unavailable`
   * where the question can be a buyer's value alone.
   */
  readonly find: (entry: Entry, ask: SearchAsk) => Promise<{
    readonly hits: readonly SearchHit[]
    readonly searched: readonly SearchPart[]
  }>
}

/** `limiter` counts by asker, under `searchPolicy`. */
export const createSearch = (deps: {
  readonly db: Pick<Database, 'inSellerScope'>
  readonly keyring: Pick<Keyring, 'toOpen'>
  readonly limiter: Limiter
}): Search => ({
  find: async (entry, ask) => {
    const question = readQuestion(ask.q)
    const kinds = ask.kinds.filter((kind) => isSeen(ask.reach[kind]))
    const buyers = kinds.includes('order') ? await buyerLookups(deps, entry, ask, question) : null
    const lookups = [
      ...question.ids.length === 0
        ? []
        : kinds.flatMap((kind) => lookupsOf(kind, entry.sellerId, ask, question)),
      ...buyers ?? [],
    ]
    const searched = buyers === null ? kinds : [...kinds, 'buyer' as const]
    // with nothing to look for it is asked all the same: the scope says whether the session lives
    const statement = lookups.length === 0
      ? sql.fragment`select where false`
      : sql.join(lookups, sql.fragment` union all `)
    const rows = await deps.db.inSellerScope(entry).any(sql.type(hitRow)`${statement}`)
    return { hits: ranked(rows, ask.limit), searched }
  },
})

const isSeen = (accounts: AccountLimit | null): boolean => accounts?.only?.length !== 0

const lookupsOf = (
  kind: SearchKind,
  sellerId: string,
  { limit, reach }: SearchAsk,
  { ids }: Question,
): readonly Fragment[] => {
  const ask = { sellerId, limit, accounts: reach[kind] }
  switch (kind) {
    case 'shipment':
      return [shipmentsByAwb(ids, ask)]
    case 'return':
      return [byId(named.return, ids, ask), returnsByAwb(ids, ask)]
    default:
      return [byId(named[kind], ids, ask)]
  }
}

/** Null: buyers are not looked through. */
const buyerLookups = async (
  { keyring, limiter }: Parameters<typeof createSearch>[0],
  entry: Entry,
  { limit, reach, asker }: SearchAsk,
  { phone, email, ids }: Question,
): Promise<readonly Fragment[] | null> => {
  if ((phone === null && email === null) || !isSeen(reach.buyer)) return null
  const { isAllowed, resetSeconds } = await limiter.take(`${entry.sellerId}:${asker}`)
  if (!isAllowed) {
    if (ids.length > 0) return null
    throw fault('quota-exceeded', { retryAfterSeconds: resetSeconds })
  }
  let keys
  try {
    keys = await keyring.toOpen(entry)
  } catch (error) {
    if (ids.length > 0 && hasCode(error, 'keys-unavailable')) return null
    throw error
  }
  // without keys nothing was ever sealed
  if (keys === null) return []
  const ask = { sellerId: entry.sellerId, limit, accounts: reach.order }
  const found = [
    ['phone', phone === null ? null : phoneIndex(keys, phone)],
    ['email', email === null ? null : emailIndex(keys, email)],
  ] as const
  return found.flatMap(([field, index]) =>
    index === null ? [] : [ordersOfBuyer(field, index, ask, reach.buyer)]
  )
}

/** A row that is found in two ways is shown for the better one. */
const ranked = (rows: readonly SearchHit[], limit: number): readonly SearchHit[] => {
  const order = (one: SearchHit, other: SearchHit): number =>
    Number(other.exact) - Number(one.exact) ||
    searchKinds.indexOf(one.kind) - searchKinds.indexOf(other.kind)
  const left = new Map(searchKinds.map((kind) => [kind, limit]))
  const seen = new Set<string>()
  return rows.toSorted(order).filter(({ kind, id }) => {
    const places = left.get(kind) ?? 0
    if (places === 0 || seen.has(id)) return false
    seen.add(id)
    left.set(kind, places - 1)
    return true
  })
}
