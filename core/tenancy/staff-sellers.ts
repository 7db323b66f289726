/** Sellers as staff see them from outside: who they are and how they stand, and nothing of buyers. */
import { z } from 'zod'
import type { Database, Tx } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import type { StaffActor } from './impersonation-staff.ts'
import { resumeSeller, suspendSeller } from './suspension.ts'

/** `OFFBOARDED`: it has left for good; its rows are there, its keys are not. */
export const sellerStates = ['ACTIVE', 'SUSPENDED', 'OFFBOARDED'] as const
type SellerState = (typeof sellerStates)[number]

interface StaffSellerView {
  readonly id: string
  readonly name: string
  readonly plan: string
  readonly status: SellerState
  readonly support_consent: 'REQUIRED' | 'NOTIFY'
  readonly suspended_at: Date | null
  readonly suspension_reason: string | null
  readonly users: number
  readonly marketplace_accounts: number
  readonly created_at: Date
}
export interface StaffSellers {
  /** Newest first: ids are in the order of time. `after` is the id that the page before ended with. */
  readonly list: (actor: StaffActor, ask: {
    readonly status?: SellerState
    readonly after?: string
    readonly limit: number
  }) => Promise<{ readonly sellers: readonly StaffSellerView[]; readonly next: string | null }>
  /** Writes are refused from now on. Null: no such seller. Throws `seller-gone`. May be repeated. */
  readonly suspend: Change
  readonly resume: Change
}
type Change = (
  actor: StaffActor,
  ask: {
    readonly sellerId: string
    readonly reason: string
    /** The operator, where a command did it and nobody signed in. */
    readonly by?: string
  },
) => Promise<StaffSellerView | null>

export const createStaffSellers = (db: Pick<Database, 'withStaffScope'>): StaffSellers => {
  const changing = (change: typeof suspendSeller): Change => (actor, ask) =>
    db.withStaffScope(actor, async (tx) => {
      await change(tx, ask)
      return await readSeller(tx, ask.sellerId)
    })
  return {
    list: async (actor, { status, after, limit }) => {
      const rows = await db.withStaffScope(actor, (tx) =>
        tx.any(sql.type(Row)`
          select ${columns} from sellers s
          where (${status ?? null}::text is null or s.status = ${status ?? null})
            and (${after ?? null}::uuid is null or s.id < ${after ?? null}::uuid)
          order by s.id desc limit ${limit + 1}`))
      const sellers = rows.slice(0, limit)
      return { sellers, next: rows.length > limit ? sellers.at(-1)?.id ?? null : null }
    },
    suspend: changing(suspendSeller),
    resume: changing(resumeSeller),
  }
}

/** In a platform scope. Null: no such seller. */
export const readSeller = (tx: Tx, sellerId: string): Promise<StaffSellerView | null> =>
  tx.maybeOne(sql.type(Row)`
    select ${columns} from sellers s where s.id = ${sellerId}`)

const columns = sql.fragment`s.id, s.name, s.plan, s.status, s.support_consent, s.suspended_at,
  s.suspension_reason, s.created_at,
  (select count(*)::int4 from seller_users u
    where u.seller_id = s.id and u.removed_at is null) as users,
  (select count(*)::int4 from marketplace_accounts a where a.seller_id = s.id)
    as marketplace_accounts`

const Row = z.object({
  id: z.string(),
  name: z.string(),
  plan: z.string(),
  status: z.enum(sellerStates),
  support_consent: z.enum(['REQUIRED', 'NOTIFY']),
  suspended_at: z.date().nullable(),
  suspension_reason: z.string().nullable(),
  users: z.int(),
  marketplace_accounts: z.int(),
  created_at: z.date(),
})
