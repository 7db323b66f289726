/** The entry of a push: by an account and the number of its credentials, and by nothing else. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Entry } from '../../core/db/database.ts'
import { newId } from '../../core/ids.ts'
import { type FreshDatabase, freshDatabase, makeAccount, makeSeller } from '../support/database.ts'
import { asSuperuser, type Connection, inScope, outcomeOf } from './attempts.ts'

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
const who = `select current_setting('app.actor') as actor, id from sellers`
const write = (sellerId: string) =>
  `insert into outbox (seller_id, id, queue, group_key, body)
   values ('${sellerId}', '${newId()}', 'q', 'entries', '{}')`
const inside = (entry: Entry, ...texts: readonly string[]) =>
  outcomeOf(() => inScope(fresh.db, entry, ...texts))
const refused = async (entry: Entry, code: string): Promise<void> => {
  expect(await inside(entry, write(entry.sellerId))).toBe(code)
}

describe('a push', () => {
  it('opens the scope of its account’s seller, until the account is connected anew', async () => {
    const seller = await makeSeller(fresh.db)
    const accountId = await makeAccount(fresh, seller)
    const entry: Entry = { sellerId: seller.sellerId, kind: 'push', ref: `${accountId}/1` }
    expect(await inScope(fresh.db, entry, who))
      .toEqual([{ actor: `push:${accountId}`, id: seller.sellerId }])
    expect(await inside(entry, write(seller.sellerId))).toBe('accepted')
    await change(
      `update marketplace_accounts set credentials_version = 2 where id = '${accountId}'`,
    )
    await refused(entry, 'stale-authz')
  })

  it('opens nothing for an account of another seller, or for none', async () => {
    const [seller, other] = [await makeSeller(fresh.db), await makeSeller(fresh.db)]
    const accountId = await makeAccount(fresh, other)
    const entry: Entry = { sellerId: seller.sellerId, kind: 'push', ref: `${accountId}/1` }
    await refused(entry, 'session-over')
    await refused({ ...entry, ref: `${newId()}/1` }, 'session-over')
  })
})
