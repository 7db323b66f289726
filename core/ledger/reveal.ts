/** Unmasks one buyer, for a reason that is kept. */
import { recordAudit } from '../audit/record.ts'
import type { Limiter } from '../auth/limits/limiter.ts'
import { openFields } from '../crypto/opening.ts'
import type { Keyring } from '../crypto/keyring.ts'
import type { Database, Entry } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import { fault } from '../errors.ts'
import type { Policy } from '../rate-limits.ts'
import type { AccountLimit } from '../rbac/decide.ts'
import { theRow } from './account-limit.ts'
import { addressView, buyerRow, type CustomerView, sealedColumns } from './order-views.ts'

export const customerFields = ['name', 'phone', 'email', 'address'] as const
type CustomerField = typeof customerFields[number]

/** Enough for a day of calls to buyers, far too few to copy a list of them. */
export const revealPolicy: Policy = { name: 'reveal', quota: 60, windowSeconds: 3_600 }

export interface Reveals {
  /**
   * The fields in clear; null where the order holds none. The act is in the audit trail, the opening
   * in the decrypt ledger, both with the reason. Null for an order that is not there, or of an
   * account outside of the limit. Throws `quota-exceeded`, `keys-unavailable`, `buyer-erased`.
   */
  readonly reveal: (entry: Entry, orderId: string, ask: {
    /** The person who asks: each has a count of their own. */
    readonly userId: string
    readonly fields: readonly CustomerField[]
    readonly reason: string
    readonly accounts: AccountLimit | null
  }) => Promise<Partial<CustomerView> | null>
}

const columnOf = {
  name: 'customer_name_enc',
  phone: 'customer_phone_enc',
  email: 'customer_email_enc',
  address: 'address_enc',
} as const

/** `limiter` counts by person, under `revealPolicy`. */
export const createReveals = ({ db, keyring, limiter }: {
  readonly db: Pick<Database, 'withSellerScope'>
  readonly keyring: Pick<Keyring, 'forSeller'>
  readonly limiter: Limiter
}): Reveals => ({
  reveal: async (entry, orderId, { userId, fields, reason, accounts }) => {
    const { isAllowed, resetSeconds } = await limiter.take(`${entry.sellerId}:${userId}`)
    if (!isAllowed) throw fault('quota-exceeded', { retryAfterSeconds: resetSeconds })
    const keys = await keyring.forSeller(entry)
    return await db.withSellerScope(entry, async (scope) => {
      const row = await scope.maybeOne(sql.type(buyerRow)`
        select ${sealedColumns}, customer_erased_at from orders where ${
        theRow(scope.sellerId, orderId, accounts)
      }`)
      if (row === null) return null
      if (row.customer_erased_at !== null) throw fault('buyer-erased')
      const asked = Object.fromEntries(
        fields.map((field) => [columnOf[field], row[columnOf[field]]]),
      )
      const [opened = {}] = await openFields(scope, keys, {
        table: 'orders',
        purpose: 'orders.reveal',
        reason,
        rows: [{ id: orderId, fields: asked }],
      })
      recordAudit(scope, scope.sellerId, 'customer.revealed', `order:${orderId}`, {
        fields: [...fields],
        reason,
      })
      return Object.fromEntries(
        fields.map((field) => [field, shown(field, opened[columnOf[field]] ?? null)]),
      )
    })
  },
})

const shown = (field: CustomerField, text: string | null): unknown =>
  field === 'address' && text !== null ? addressView(JSON.parse(text)) : text
