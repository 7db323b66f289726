/** Puts right what a walk has taken away, past every rule: the next one begins with everybody there. */
import type { Operations } from '#core/db/operations.ts'
import { roles } from '#core/auth/principal.ts'
import type { Party } from '../parties.ts'

/** People, roles and standing as they were made, and their sessions alive: signing in takes a hash each. */
export const putRight = async (sql: Operations, parties: readonly Party[]): Promise<void> => {
  const sellerIds = parties.map(({ sellerId }) => sellerId)
  await sql.begin(async (tx) => {
    // no trigger looks: none of them lets people come back
    await tx`set local session_replication_role = replica`
    for (const role of roles) {
      await tx`
        update seller_users u set role = ${role}, removed_at = null,
          authz_version = authz_version + 1
        from identities i
        where i.id = u.identity_id and u.seller_id = any(${sellerIds}::uuid[])
          and (i.email like ${`${role.toLowerCase()}.%`}
            or ${role} = 'FINANCE' and i.email like 'accountant-%')
          and (u.role <> ${role} or u.removed_at is not null)`
    }
    await tx`
      update sellers set status = 'ACTIVE', suspended_at = null, suspension_reason = null,
        authz_version = authz_version + 1
      where id = any(${sellerIds}::uuid[]) and status <> 'ACTIVE'`
    await tx`delete from permission_overrides where seller_id = any(${sellerIds}::uuid[])`
    await tx`
      update sessions x set revoked_at = null, revoked_reason = null,
        user_authz = u.authz_version, seller_authz = s.authz_version
      from seller_users u join sellers s on s.id = u.seller_id
      where x.seller_id = any(${sellerIds}::uuid[])
        and u.seller_id = x.seller_id and u.id = x.user_id`
  })
}

/** Of what there may only be so many, and what slows down who tries too often. */
export const clearAway = async (sql: Operations, parties: readonly Party[]): Promise<void> => {
  const sellerIds = parties.map(({ sellerId }) => sellerId)
  for (const table of ['invitations', 'audit_anchors', 'api_keys'] as const) {
    await sql.unsafe(
      `delete from ${table} t where seller_id = any($1::uuid[]) and (seller_id, id) not in (
        select seller_id, id from (select seller_id, id,
          row_number() over (partition by seller_id order by id desc) as place from ${table}
        ) newest where place <= 5)`,
      [sellerIds],
    )
  }
  await sql`truncate sign_in_tries`
  await sql`delete from limit_windows`
}
