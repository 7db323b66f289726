/** Sellers and their people, made by the platform: sign-up, operators' commands, the demo. */
import { z } from 'zod'
import { recordAudit } from '../audit/record.ts'
import type { Database, Tx } from '../db/database.ts'
import { command, sql } from '../db/sql.ts'
import { newId } from '../ids.ts'
import type { Role } from '../plugin.ts'

export interface NewSeller {
  readonly name: string
  readonly users: readonly NewUser[]
}
interface NewUser {
  /** Normalised as sign-in does it. */
  readonly email: string
  readonly passwordHash: string
  readonly role: Role
}

/** The tree's root: there is one Org, made with the first seller. */
const orgName = 'Robnu'

/** Makes the seller with its people, or finds the one of this name: may be called again. */
export const ensureSeller = (
  db: Database,
  seller: NewSeller,
): Promise<{ readonly sellerId: string; readonly created: boolean }> =>
  db.withPlatformScope('provision', async (tx) => {
    // two that start at once must not both find nothing
    await tx.run(command`select pg_advisory_xact_lock(hashtext('robnu.provision'))`)
    const found = await tx.maybeOne(sql.type(idRow)`
      select id from sellers where name = ${seller.name} order by created_at limit 1`)
    if (found) return { sellerId: found.id, created: false }

    const sellerId = newId()
    await tx.run(command`
      insert into sellers (id, org_id, name) values (${sellerId}, ${await ensureOrg(
      tx,
    )}, ${seller.name})`)
    recordAudit(tx, sellerId, 'seller.created', `seller:${sellerId}`, { name: seller.name })
    for (const user of seller.users) await addUser(tx, sellerId, user)
    return { sellerId, created: true }
  })

const idRow = z.object({ id: z.string() })

const ensureOrg = async (tx: Tx): Promise<string> => {
  const found = await tx.maybeOne(sql.type(idRow)`select id from orgs order by created_at limit 1`)
  if (found) return found.id
  const id = newId()
  await tx.run(command`insert into orgs (id, name) values (${id}, ${orgName})`)
  return id
}

const addUser = async (tx: Tx, sellerId: string, user: NewUser): Promise<void> => {
  const identity = await tx.maybeOne(sql.type(idRow)`
    select id from identities where email = ${user.email}`)
  const identityId = identity?.id ?? newId()
  if (!identity) {
    await tx.run(command`
      insert into identities (id, email, password_hash)
      values (${identityId}, ${user.email}, ${user.passwordHash})`)
  }
  const userId = newId()
  await tx.run(command`
    insert into seller_users (seller_id, id, identity_id, role)
    values (${sellerId}, ${userId}, ${identityId}, ${user.role})`)
  recordAudit(tx, sellerId, 'user.added', `user:${userId}`, { role: user.role })
}
