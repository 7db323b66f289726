/** Overrides in the database. */
import { z } from 'zod'
import type { Database, Entry, Queries, SellerScope } from '../db/database.ts'
import { constraintOf, sqlState } from '../db/scope.ts'
import { command, sql } from '../db/sql.ts'
import { fault } from '../errors.ts'
import type { Override, Subject } from './decide.ts'
import { roles } from './permissions.ts'

export interface OverrideView {
  readonly id: string
  readonly user_id: string
  readonly permission: string
  readonly effect: 'GRANT' | 'DENY'
  /** Null: for all marketplace accounts. */
  readonly account_id: string | null
  readonly reason: string
  /** Null: until it is taken away. */
  readonly expires_at: Date | null
  readonly created_at: Date
  readonly created_by_user_id: string
}
export interface NewOverride {
  readonly permission: string
  readonly effect: 'GRANT' | 'DENY'
  readonly accountId?: string
  readonly expiresAt?: Date
  readonly reason: string
}

/** They are read with the session; a person who needs more of them needs another role. */
const maxEach = 100

const effect = z.enum(['GRANT', 'DENY'])
const viewRow = z.object({
  id: z.string(),
  user_id: z.string(),
  permission: z.string(),
  effect,
  account_id: z.string().nullable(),
  reason: z.string(),
  expires_at: z.date().nullable(),
  created_at: z.date(),
  created_by_user_id: z.string(),
})
const columns = sql.fragment`id, user_id, permission, effect, marketplace_account_id as account_id,
  reason, expires_at, created_at, created_by_user_id`

const ownRow = viewRow.pick({
  id: true,
  permission: true,
  effect: true,
  account_id: true,
  expires_at: true,
})
const overrideOf = ({ account_id, expires_at, ...rest }: z.infer<typeof ownRow>): Override => ({
  ...rest,
  accountId: account_id,
  expiresAt: expires_at,
})

/** By a function of the gate: before the scope is open there is no other way. */
export const readOwn = async (
  db: Pick<Database, 'gate'>,
  { sellerId, userId }: { readonly sellerId: string; readonly userId: string },
): Promise<readonly Override[]> => {
  const rows = await db.gate.any(sql.type(ownRow)`
    select id, permission, effect, account_id, expires_at
    from auth_overrides(${sellerId}, ${userId})`)
  return rows.map(overrideOf)
}

const roleRow = z.object({ role: z.enum(roles) })

export const readSubject = async (
  db: Pick<Database, 'withSellerScope'>,
  entry: Entry,
  userId: string,
): Promise<Subject | null> =>
  await db.withSellerScope(entry, async (scope) => {
    const user = await scope.maybeOne(sql.type(roleRow)`
      select role from seller_users
      where seller_id = ${scope.sellerId} and id = ${userId} and removed_at is null`)
    if (user === null) return null
    const rows = await scope.any(sql.type(ownRow)`
      select id, permission, effect, marketplace_account_id as account_id, expires_at
      from permission_overrides where seller_id = ${scope.sellerId} and user_id = ${userId}`)
    return { kind: 'user', role: user.role, overrides: rows.map(overrideOf) }
  })

/** Whether the seller has such a person now. */
export const isThere = async (scope: SellerScope, userId: string): Promise<boolean> =>
  await scope.maybeOne(sql.type(roleRow)`
    select role from seller_users
    where seller_id = ${scope.sellerId} and id = ${userId} and removed_at is null`) !== null

/** Newest first. */
export const readOverrides = (
  scope: SellerScope,
  userId: string,
): Promise<readonly OverrideView[]> =>
  scope.any(sql.type(viewRow)`
    select ${columns} from permission_overrides
    where seller_id = ${scope.sellerId} and user_id = ${userId} order by id desc`)

export const readOverride = (
  queries: Queries,
  sellerId: string,
  id: string,
): Promise<OverrideView | null> =>
  queries.maybeOne(sql.type(viewRow)`
    select ${columns} from permission_overrides where seller_id = ${sellerId} and id = ${id}`)

/** Throws `limit-reached`, and `invalid-request` for an account that the seller has not. */
export const insertOverride = async (
  scope: SellerScope,
  one: NewOverride & { readonly id: string; readonly userId: string; readonly by: string },
): Promise<void> => {
  const expires = one.expiresAt?.toISOString() ?? null
  let count: number
  try {
    count = await scope.run(command`
      insert into permission_overrides (seller_id, id, user_id, permission, effect,
        marketplace_account_id, reason, expires_at, created_by_user_id)
      select ${scope.sellerId}, ${one.id}, ${one.userId}, ${one.permission}, ${one.effect},
        ${one.accountId ?? null}::uuid, ${one.reason}, ${expires}::timestamptz, ${one.by}
      where (select count(*) from permission_overrides
        where seller_id = ${scope.sellerId} and user_id = ${one.userId}) < ${maxEach}`)
  } catch (error) {
    const isNoAccount = sqlState(error) === '23503' &&
      constraintOf(error) === 'permission_overrides__account'
    throw isNoAccount ? notOurs(error) : error
  }
  if (count === 0) throw fault('limit-reached')
}

const notOurs = (cause: unknown) =>
  fault('invalid-request', {
    errors: [{ pointer: '/account_id', message: 'is no account of this seller' }],
    cause,
  })

/** What it was; null when the person has no such override. */
export const deleteOverride = (scope: SellerScope, userId: string, id: string) =>
  scope.maybeOne(sql.type(viewRow.pick({ permission: true, effect: true }))`
    delete from permission_overrides
    where seller_id = ${scope.sellerId} and user_id = ${userId} and id = ${id}
    returning permission, effect`)
