/** The people of a seller: who they are, what they are, and how they go. */
import { z } from 'zod'
import { recordAudit } from '../audit/record.ts'
import { uuidArray } from '../db/arrays.ts'
import type { Database, Entry, SellerScope } from '../db/database.ts'
import { command, sql } from '../db/sql.ts'
import { fault } from '../errors.ts'
import type { Role } from '../plugin.ts'

export interface PersonView {
  readonly id: string
  readonly email: string
  readonly role: Role
  readonly joined_at: Date
  /** Not null for who left or was removed: the audit trail goes on naming them. */
  readonly removed_at: Date | null
  /** When one of their sessions was last opened or refreshed; null: never here. */
  readonly last_seen_at: Date | null
  readonly has_second_factor: boolean
}
/** A key that whoever goes has made: it is the seller's, and they have seen its secret. */
interface KeyLeft {
  readonly id: string
  readonly name: string
  readonly prefix: string
}
export interface People {
  /** In the order in which they joined. */
  readonly list: (
    entry: Entry,
    ask: { readonly removed: boolean },
  ) => Promise<readonly PersonView[]>
  /** Those who were removed as well; null: nobody of this seller. */
  readonly get: (entry: Entry, userId: string) => Promise<PersonView | null>
  /** Null: nobody of this seller. Throws `last-owner`. */
  readonly changeRole: (entry: Entry, userId: string, role: Role) => Promise<PersonView | null>
  /**
   * Answers the living keys that the person made, which `revokesKeys` ends as well. Null: nobody of
   * this seller. Throws `last-owner`.
   */
  readonly remove: (
    entry: Entry,
    userId: string,
    ask: { readonly revokesKeys: boolean },
  ) => Promise<{ readonly keys: readonly KeyLeft[] } | null>
  /** Throws `last-owner`. */
  readonly leave: (entry: Entry, userId: string) => Promise<void>
  /** The other becomes OWNER, who asks ADMIN. Null: nobody else of this seller. */
  readonly transfer: (
    entry: Entry,
    from: string,
    to: string,
  ) => Promise<PersonView | null>
}

const roles = ['OWNER', 'ADMIN', 'OPERATOR', 'FINANCE', 'VIEWER'] as const satisfies readonly Role[]

const Person = z.object({
  id: z.string(),
  email: z.string(),
  role: z.enum(roles),
  joined_at: z.date(),
  removed_at: z.date().nullable(),
  last_seen_at: z.date().nullable(),
  has_second_factor: z.boolean(),
})
const Key = z.object({ id: z.string(), name: z.string(), prefix: z.string() })

/** What a function of the gate answers; it has locked the people of the seller. */
const outcome = { outcome: z.enum(['DONE', 'UNKNOWN', 'LAST_OWNER']) }
const RoleChanged = z.object({ ...outcome, role_before: z.enum(roles).nullable() })
const Removed = RoleChanged.extend({ withdrawn: z.array(z.string()) })

type Queries = Pick<SellerScope, 'any' | 'maybeOne'>

export const createPeople = ({ db }: {
  readonly db: Pick<Database, 'inSellerScope' | 'withSellerScope'>
}): People => ({
  list: (entry, { removed }) =>
    db.inSellerScope(entry).any(sql.type(Person)`
      select user_id as id, email, role, joined_at, removed_at, last_seen_at, has_second_factor
      from seller_people() where ${removed} or removed_at is null
      order by joined_at, user_id`),

  get: (entry, userId) => readPerson(db.inSellerScope(entry), userId),

  changeRole: (entry, userId, role) =>
    db.withSellerScope(entry, async (scope) => {
      const changed = await scope.one(sql.type(RoleChanged)`
        select outcome, role_before from change_role(${userId}, ${role})`)
      const before = isDone(changed)
      if (before === null) return null
      if (before !== role) {
        const change = { from: before, to: role }
        recordAudit(scope, scope.sellerId, 'user.role-changed', `user:${userId}`, change)
      }
      return await readPerson(scope, userId)
    }),

  remove: (entry, userId, { revokesKeys }) =>
    db.withSellerScope(entry, async (scope) => {
      const role = await remove(scope, userId)
      if (role === null) return null
      recordAudit(scope, scope.sellerId, 'user.removed', `user:${userId}`, { role })
      const keys = await scope.any(sql.type(Key)`
        select id, name, 'rk_' || prefix as prefix from api_keys
        where seller_id = ${scope.sellerId} and created_by_user_id = ${userId}
          and revoked_at is null and (expires_at is null or expires_at > now())
        order by id`)
      if (revokesKeys) await revoke(scope, keys)
      return { keys }
    }),

  leave: (entry, userId) =>
    db.withSellerScope(entry, async (scope) => {
      const role = await remove(scope, userId)
      if (role === null) throw fault('session-over')
      recordAudit(scope, scope.sellerId, 'user.left', `user:${userId}`, { role })
    }),

  transfer: (entry, from, to) =>
    db.withSellerScope(entry, async (scope) => {
      const changed = await scope.one(sql.type(RoleChanged)`
        select outcome, role_before from transfer_seller(${to})`)
      const before = isDone(changed)
      if (before === null) return null
      const { sellerId } = scope
      recordAudit(scope, sellerId, 'seller.ownership-transferred', `seller:${sellerId}`, {
        from,
        to,
      })
      if (before !== 'OWNER') {
        const change = { from: before, to: 'OWNER' } as const
        recordAudit(scope, sellerId, 'user.role-changed', `user:${to}`, change)
      }
      const own = { from: 'OWNER', to: 'ADMIN' } as const
      recordAudit(scope, sellerId, 'user.role-changed', `user:${from}`, own)
      return await readPerson(scope, to)
    }),
})

const readPerson = (queries: Queries, userId: string): Promise<PersonView | null> =>
  queries.maybeOne(sql.type(Person)`
    select user_id as id, email, role, joined_at, removed_at, last_seen_at, has_second_factor
    from seller_people() where user_id = ${userId}`)

const revoke = async (scope: SellerScope, keys: readonly KeyLeft[]): Promise<void> => {
  const ids = keys.map(({ id }) => id)
  await scope.run(command`
    update api_keys set revoked_at = now()
    where seller_id = ${scope.sellerId} and id = any(${uuidArray(ids)}::uuid[])`)
  for (const id of ids) recordAudit(scope, scope.sellerId, 'api-key.revoked', `api-key:${id}`)
}

/** The role that the person had; null: nobody of this seller. */
const remove = async (scope: SellerScope, userId: string): Promise<Role | null> => {
  const removed = await scope.one(sql.type(Removed)`
    select outcome, role_before, withdrawn from remove_person(${userId})`)
  const role = isDone(removed)
  for (const invitation of removed.withdrawn) {
    recordAudit(scope, scope.sellerId, 'user.invitation-revoked', `invitation:${invitation}`)
  }
  return role
}

const isDone = ({ outcome, role_before }: z.infer<typeof RoleChanged>): Role | null => {
  if (outcome === 'LAST_OWNER') throw fault('last-owner')
  return outcome === 'UNKNOWN' ? null : role_before
}
