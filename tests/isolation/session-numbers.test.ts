/** What a session may do lies beside it, and moves in the transaction of whatever changes it. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { command } from '../../core/db/sql.ts'
import { newId } from '../../core/ids.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import { asSuperuser, type Connection, inScope, outcomeOf } from './attempts.ts'
import { waitingForLock } from './ledger.ts'

let fresh: FreshDatabase
let admin: Connection
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 2 })
  admin = await asSuperuser(fresh)
})
afterAll(async () => {
  await admin.close()
  await fresh.close()
})

const change = (text: string) => admin.sql.unsafe(text)
const numbersOf = async ({ sellerId, userId }: TestSeller) => {
  const rows = await admin.sql`
    select x.user_authz = u.authz_version and x.seller_authz = s.authz_version as match,
      x.entry_ref, x.revoked_at is null as lives
    from sessions x
    join seller_users u on u.seller_id = x.seller_id and u.id = x.user_id
    join sellers s on s.id = x.seller_id
    where x.seller_id = ${sellerId} and x.user_id = ${userId} order by x.created_at`
  return rows.map((row) => ({ ...row }))
}
const moves: Readonly<Record<string, (seller: TestSeller) => string>> = {
  'a role': ({ userId }) => `update seller_users set role = 'VIEWER' where id = '${userId}'`,
  'a suspension': ({ sellerId }) =>
    `update sellers set status = 'SUSPENDED' where id = '${sellerId}'`,
  'an override': ({ sellerId, userId, identityId }) => {
    const owner = newId()
    return `
      insert into seller_users (seller_id, id, identity_id, role, removed_at)
      values ('${sellerId}', '${owner}', '${identityId}', 'OWNER', now());
      insert into permission_overrides (seller_id, id, user_id, permission, effect, reason,
        created_by_user_id)
      values ('${sellerId}', '${newId()}', '${userId}', 'orders:read', 'DENY', 'x', '${owner}')`
  },
  'an override that is taken away': ({ userId }) =>
    `delete from permission_overrides where user_id = '${userId}'`,
  'a resumption': ({ sellerId }) => `update sellers set status = 'ACTIVE' where id = '${sellerId}'`,
}

it('the numbers beside a session move with everything that changes what a person may do, one by one and together', async () => {
  const seller = await makeSeller(fresh.db)
  let { entry } = seller
  for (const [name, move] of Object.entries(moves)) {
    expect(await outcomeOf(() => inScope(fresh.db, entry, 'select 1'))).toBe('accepted')
    await change(move(seller))
    expect(await outcomeOf(() => inScope(fresh.db, entry, 'select 1'))).toBe('stale-authz')
    const [numbers] = await numbersOf(seller)
    expect(numbers, name).toMatchObject({ match: true, lives: true })
    entry = { ...entry, ref: String(numbers?.entry_ref) }
  }
  expect(await outcomeOf(() => inScope(fresh.db, entry, 'select 1'))).toBe('accepted')
})

it('they stay as they were when the change is rolled back', async () => {
  const { entry, userId } = await makeSeller(fresh.db)
  await admin.sql.begin(async (tx) => {
    await tx.unsafe(`update seller_users set role = 'VIEWER' where id = '${userId}'`)
    throw new Error('no')
  }).catch(() => {})
  expect(await outcomeOf(() => inScope(fresh.db, entry, 'select 1'))).toBe('accepted')
})

it('they end with the person, and do not come back with it', async () => {
  const seller = await makeSeller(fresh.db)
  await change(`update seller_users set removed_at = now() where id = '${seller.userId}'`)
  const [session] = await admin.sql`
    select revoked_reason from sessions where id = ${seller.sessionId}`
  expect(session).toEqual({ revoked_reason: 'REMOVED' })
  await change(`update seller_users set removed_at = null where id = '${seller.userId}'`)
  expect(await outcomeOf(() => inScope(fresh.db, seller.entry, 'select 1'))).toBe('session-over')
  // nor for whoever un-revokes the session by hand: then it has the numbers of that moment
  await change(`update sessions set revoked_at = null where id = '${seller.sessionId}'`)
  expect(await numbersOf(seller)).toMatchObject([{ match: true, lives: true }])
  expect(await outcomeOf(() => inScope(fresh.db, seller.entry, 'select 1'))).toBe('stale-authz')
})

/** A session that is opened while a change of the person has not committed. */
const signInDuring = async (seller: TestSeller, text: string) => {
  const signingIn = await admin.sql.begin(async (tx) => {
    await tx.unsafe(text)
    const expires = new Date(Date.now() + 3_600_000).toISOString()
    const opening = fresh.db.gate.run(command`
      select auth_open_session(${seller.identityId}, null, ${newId()}, ${expires})`)
    const watch = await asSuperuser(fresh)
    await waitingForLock(watch, 1)
    await watch.close()
    return { opening }
  })
  await signingIn.opening
}

it('those of a session that is opened meanwhile are those of the change', async () => {
  for (const name of ['a role', 'a suspension']) {
    const seller = await makeSeller(fresh.db)
    await signInDuring(seller, moves[name]?.(seller) ?? '')
    expect(await numbersOf(seller), name)
      .toMatchObject([{ match: true, lives: true }, { match: true, lives: true }])
  }
  const seller = await makeSeller(fresh.db)
  await signInDuring(
    seller,
    `update seller_users set removed_at = now() where id = '${seller.userId}'`,
  )
  expect(await numbersOf(seller)).toMatchObject([{ lives: false }, { lives: false }])
})

it('they meet a change that waits for a session to be opened', async () => {
  const seller = await makeSeller(fresh.db)
  const changer = await asSuperuser(fresh)
  const changing = await admin.sql.begin(async (tx) => {
    await tx`
      insert into sessions (seller_id, id, user_id, expires_at)
      values (${seller.sellerId}, ${newId()}, ${seller.userId}, now() + interval '1 hour')`
    const changing = changer.sql.unsafe(moves['a role']?.(seller) ?? '').execute()
    const watch = await asSuperuser(fresh)
    await waitingForLock(watch, 1)
    await watch.close()
    return { changing }
  })
  await changing.changing
  await changer.close()
  expect(await numbersOf(seller)).toMatchObject([{ match: true }, { match: true }])
})

it('they are right after eight changes at once', async () => {
  const seller = await makeSeller(fresh.db)
  const at = await Promise.all(Array.from({ length: 8 }, () => asSuperuser(fresh)))
  await Promise.all(at.map(async ({ sql }, i) => {
    for (let round = 0; round < 10; round++) {
      await sql.unsafe(
        i % 2 === 0
          ? `update seller_users set role = '${round % 2 ? 'ADMIN' : 'VIEWER'}'
             where id = '${seller.userId}'`
          : `update sellers set status = '${round % 2 ? 'ACTIVE' : 'SUSPENDED'}'
             where id = '${seller.sellerId}'`,
      )
    }
  }))
  for (const connection of at) await connection.close()
  expect(await numbersOf(seller)).toMatchObject([{ match: true, lives: true }])
})
