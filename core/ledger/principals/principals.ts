/** One buyer who asks what is kept of them: found, handed out, erased (DPDP Act, sections 11 and 12). */
import { digestOf, recordAudit } from '../../audit/record.ts'
import type { Limiter } from '../../auth/limits/limiter.ts'
import { emailIndex, normalEmail, normalPhone, phoneIndex } from '../../crypto/blind-index.ts'
import type { Keyring } from '../../crypto/keyring.ts'
import type { Database, Entry } from '../../db/database.ts'
import { bytes, sql } from '../../db/sql.ts'
import { fault } from '../../errors.ts'
import type { Policy } from '../../rate-limits.ts'
import { type ErasedBuyer, eraseOrders, readErasures } from './erase-orders.ts'
import { type ExportedOrder, exportOrders } from './export-orders.ts'
import {
  type BuyerIs,
  countOrders,
  countRawRows,
  type PrincipalOrder,
  type PrincipalPosition,
  readOrders,
} from './find-orders.ts'
import { type Staying, type StayingConfig, whatStays } from './what-stays.ts'

/** By which value a buyer is known; one of the two. */
export type PrincipalKey = { readonly phone: string } | { readonly email: string }

/** Each of the three acts, by person. */
export const principalPolicy: Policy = { name: 'data-principals', quota: 60, windowSeconds: 3_600 }

interface Ask {
  readonly by: PrincipalKey
  /** Goes into the audit trail. Throws `invalid-request` where it tells the value itself. */
  readonly reason: string
  readonly userId: string
}
interface PageAsk extends Ask {
  readonly after?: PrincipalPosition
  readonly limit: number
}
/**
 * Of the whole seller, whatever the account. What is no phone number or address throws
 * `invalid-request`; each of them may throw `quota-exceeded` and `keys-unavailable`. The value itself is
 * kept nowhere.
 */
export interface Principals {
  /**
   * Newest first. `total`: of all pages, and at most one more than `mostOrders`. `rawRows`: rows that
   * could not be read and tell the value, too; they go with the orders.
   */
  readonly find: (entry: Entry, ask: PageAsk) => Promise<{
    readonly orders: readonly PrincipalOrder[]
    readonly total: number
    readonly rawRows: number
    readonly next: PrincipalPosition | null
  }>
  /** All that is kept of the buyer with these orders, opened. */
  readonly export: (entry: Entry, ask: PageAsk) => Promise<{
    readonly orders: readonly ExportedOrder[]
    readonly next: PrincipalPosition | null
  }>
  /**
   * Erases the buyer from all these orders; money and states stay. `orders`: how many were found, so
   * that nothing goes which nobody has seen; throws `buyer-orders-changed` when it is another number.
   */
  readonly erase: (entry: Entry, ask: Ask & { readonly orders: number }) => Promise<Erased>
  /** What such a request has come to. Null: there is no such request. */
  readonly erasure: (entry: Entry, id: string) => Promise<Erased | null>
}
interface Erased extends Omit<ErasedBuyer, 'at'> {
  /** Where the buyer may still stand, and until when. */
  readonly stays: readonly Staying[]
}
/** `limiter` counts by person, under `principalPolicy`. */
export const createPrincipals = (deps: {
  readonly db: Pick<Database, 'inSellerScope' | 'withSellerScope' | 'makeInSellerScope'>
  readonly keyring: Pick<Keyring, 'toOpen'>
  readonly limiter: Limiter
  readonly config: StayingConfig
}): Principals => {
  const { db, keyring, limiter, config } = deps
  /** The condition on the column of the index; without keys nothing was ever sealed, or indexed. */
  const look = async (entry: Entry, { by, reason, userId }: Ask) => {
    const field = fieldOf(by)
    refuseValueIn(reason, by)
    const { isAllowed, resetSeconds } = await limiter.take(`${entry.sellerId}:${userId}`)
    if (!isAllowed) throw fault('quota-exceeded', { retryAfterSeconds: resetSeconds })
    const keys = await keyring.toOpen(entry)
    const index = keys && ('phone' in by ? phoneIndex(keys, by.phone) : emailIndex(keys, by.email))
    const column = field === 'phone'
      ? sql.fragment`o.customer_phone_idx`
      : sql.fragment`o.customer_email_idx`
    const no = sql.fragment`false`
    const where: BuyerIs = index
      ? {
        is: sql.fragment`${column} = ${bytes(index)}`,
        inRow: sql.fragment`position(${bytes(index)} in q.buyers_idx) > 0`,
      }
      : { is: no, inRow: no }
    return { keys, field, ...where }
  }
  const withRest = async (
    queries: Parameters<typeof whatStays>[0],
    sellerId: string,
    { at, ...erased }: ErasedBuyer,
  ): Promise<Erased> => ({ ...erased, stays: await whatStays(queries, sellerId, { config, at }) })
  return {
    find: async (entry, ask) => {
      const { field, is, inRow } = await look(entry, ask)
      return await db.withSellerScope(entry, async (scope) => {
        const { rows, next } = await readOrders(scope, is, ask)
        const total = await countOrders(scope, is)
        const rawRows = await countRawRows(scope, inRow)
        recordAudit(scope, scope.sellerId, 'data-principal.found', `seller:${scope.sellerId}`, {
          ...{ by: field, orders: total, ids: digestOf(rows.map(({ id }) => id)) },
          reason: ask.reason,
        })
        return { orders: rows, total, rawRows, next }
      })
    },
    export: async (entry, ask) => {
      const { keys, field, is } = await look(entry, ask)
      return await db.withSellerScope(entry, async (scope) => {
        const { rows, next } = await readOrders(scope, is, ask)
        const orders = keys === null ? [] : await exportOrders(scope, keys, rows, ask.reason)
        recordAudit(scope, scope.sellerId, 'data-principal.exported', `seller:${scope.sellerId}`, {
          ...{ by: field, orders: rows.length, ids: rows.map(({ id }) => id) },
          reason: ask.reason,
        })
        return { orders, next }
      })
    },
    erase: async (entry, ask) => {
      const { field, ...where } = await look(entry, ask)
      return await db.makeInSellerScope(entry, async (scope) => {
        const erased = await eraseOrders(scope, where, ask.orders)
        recordAudit(scope, scope.sellerId, 'data-principal.erased', `seller:${scope.sellerId}`, {
          ...{ by: field, orders: erased.orders, erasures: erased.erasures.map(({ id }) => id) },
          reason: ask.reason,
        })
        scope.made(erased.id)
        return await withRest(scope, scope.sellerId, erased)
      })
    },
    erasure: async (entry, id) => {
      const queries = db.inSellerScope(entry)
      const erased = await readErasures(queries, entry.sellerId, id)
      return erased && await withRest(queries, entry.sellerId, erased)
    },
  }
}

const fieldOf = (by: PrincipalKey): 'phone' | 'email' => {
  const field = 'phone' in by ? 'phone' : 'email'
  const isOne = 'phone' in by ? normalPhone(by.phone) !== null : normalEmail(by.email) !== null
  if (isOne) return field
  const message = field === 'phone' ? 'must be a phone number' : 'must be an e-mail address'
  throw fault('invalid-request', { errors: [{ pointer: `/${field}`, message }] })
}

/** A reason stays for years, and is read by many. */
const refuseValueIn = (reason: string, by: PrincipalKey): void => {
  const isTold = 'phone' in by ? hasNumber(reason, by.phone) : hasAddress(reason, by.email)
  if (!isTold) return
  const message = 'must not tell the phone number or the e-mail address itself'
  throw fault('invalid-request', { errors: [{ pointer: '/reason', message }] })
}
const hasAddress = (reason: string, email: string): boolean => {
  const address = normalEmail(email)
  return address !== null && reason.normalize('NFKC').toLowerCase().includes(address)
}
const hasNumber = (reason: string, phone: string): boolean => {
  // without country and trunk prefix, which may be written or not
  const digits = normalPhone(phone)?.replaceAll(/\D/g, '').slice(-10) ?? ''
  return digits !== '' && reason.replaceAll(/\D/g, '').includes(digits)
}
