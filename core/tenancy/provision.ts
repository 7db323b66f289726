/** Sellers and their people, made by the platform: sign-up, invitations, operators, the demo. */
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
  db: Pick<Database, 'withPlatformScope'>,
  seller: NewSeller,
): Promise<{ readonly sellerId: string; readonly created: boolean }> =>
  db.withPlatformScope('provision', async (tx) => {
    await lockProvision(tx)
    const found = await tx.maybeOne(sql.type(idRow)`
      select id from sellers where name = ${seller.name} order by created_at limit 1`)
    if (found) return { sellerId: found.id, created: false }

    const sellerId = newId()
    await insertSeller(tx, { id: sellerId, name: seller.name })
    recordAudit(tx, sellerId, 'seller.created', `seller:${sellerId}`, { name: seller.name })
    for (const { email, passwordHash, role } of seller.users) {
      const identity = await tx.maybeOne(sql.type(idRow)`
        select id from identities where email = ${email}`)
      const identityId = identity?.id ?? await makeIdentity(tx, { email, passwordHash })
      const userId = identityId && await insertUser(tx, { sellerId, identityId, role })
      if (!userId) throw new Error('Cannot provision the seller: an address stands there twice')
      recordAudit(tx, sellerId, 'user.added', `user:${userId}`, { role })
    }
    return { sellerId, created: true }
  })

/** A person of a seller, just made. */
export interface Membership {
  readonly sellerId: string
  readonly userId: string
}

/**
 * In a platform scope: a seller with this person as its OWNER, whoever else has one of that name.
 * Null when the id is taken: it has been made before. The caller writes it down.
 */
export const foundSeller = async (
  tx: Tx,
  { id, name, identityId }: {
    readonly id: string
    readonly name: string
    readonly identityId: string
  },
): Promise<Membership | null> => {
  if (!await insertSeller(tx, { id, name })) return null
  const userId = await insertUser(tx, { sellerId: id, identityId, role: 'OWNER' })
  if (userId === null) throw new Error('unreachable: nobody is with a new seller')
  return { sellerId: id, userId }
}

/** In a platform scope: null when somebody has that address already. */
export const makeIdentity = async (
  tx: Tx,
  { email, passwordHash, verifiedAt = null }: {
    readonly email: string
    readonly passwordHash: string
    /** When the person has shown that the address is theirs. */
    readonly verifiedAt?: Date | null
  },
): Promise<string | null> => {
  const id = newId()
  const made = await tx.run(command`
    insert into identities (id, email, password_hash, email_verified_at)
    values (${id}, ${email}, ${passwordHash}, ${verifiedAt?.toISOString() ?? null})
    on conflict (email) do nothing`)
  return made === 1 ? id : null
}

/** In a platform scope: the id of a new person of the seller; null when they are there already. */
export const insertUser = async (
  tx: Tx,
  { sellerId, identityId, role }: {
    readonly sellerId: string
    readonly identityId: string
    readonly role: Role
  },
): Promise<string | null> => {
  const id = newId()
  // who was removed before comes back as somebody new: the old row and its history stay
  const made = await tx.run(command`
    insert into seller_users (seller_id, id, identity_id, role)
    values (${sellerId}, ${id}, ${identityId}, ${role})
    on conflict (seller_id, identity_id) where removed_at is null do nothing`)
  return made === 1 ? id : null
}

const insertSeller = async (
  tx: Tx,
  { id, name }: { readonly id: string; readonly name: string },
): Promise<boolean> => {
  const made = await tx.run(command`
    insert into sellers (id, org_id, name) values (${id}, ${await ensureOrg(tx)}, ${name})
    on conflict (id) do nothing`)
  return made === 1
}

/** There is one: made with the first seller. In a platform scope. */
export const ensureOrg = async (tx: Tx): Promise<string> => {
  const find = () =>
    tx.maybeOne(sql.type(idRow)`select id from orgs order by created_at, id limit 1`)
  const found = await find()
  if (found) return found.id
  await lockProvision(tx)
  const made = await find()
  if (made) return made.id
  const id = newId()
  await tx.run(command`insert into orgs (id, name) values (${id}, ${orgName})`)
  return id
}

/** Two that start at once must not both find nothing. */
const lockProvision = async (tx: Tx): Promise<void> => {
  await tx.run(command`select pg_advisory_xact_lock(hashtext('robnu.provision'))`)
}

const idRow = z.object({ id: z.string() })
