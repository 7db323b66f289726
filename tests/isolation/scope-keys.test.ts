/** The keys that entries are signed with: two at a time, and shown to nobody who serves. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withOperations } from '../../core/db/operations.ts'
import { scopeKeyOf, takeScopeKey } from '../../core/db/proof.ts'
import { openDatabase } from '../../core/db/scope.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import { testScopeKey } from '../support/scope-key.ts'
import { keepOpen, outcomeOf, rowsOf, tried } from './attempts.ts'

let fresh: FreshDatabase
let a: TestSeller
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 1 })
  a = await makeSeller(fresh.db)
})
afterAll(() => fresh.close())

const read = 'select id from sellers'

describe('the keys', () => {
  const keyed = (byte: number) => scopeKeyOf(new Uint8Array(32).fill(byte))
  const take = (at: FreshDatabase, byte: number) =>
    withOperations(at.urls.owner, (sql) => sql.begin((tx) => takeScopeKey(tx, keyed(byte))))
  const accepts = async (at: FreshDatabase, byte: number) => {
    const db = await openDatabase({ url: at.urls.app, scopeKey: keyed(byte), maxConnections: 1 })
    try {
      return await outcomeOf(db.ping)
    } finally {
      await db.close()
    }
  }

  it('are two at a time, so that processes change over one by one', async () => {
    const own = await freshDatabase()
    expect(await accepts(own, 7)).toBe('accepted')
    expect(await accepts(own, 8)).toBe('42501')
    for (let i = 0; i < 2; i++) await take(own, 8)
    expect([await accepts(own, 7), await accepts(own, 8)]).toEqual(['accepted', 'accepted'])
    await take(own, 9)
    expect([await accepts(own, 7), await accepts(own, 8)]).toEqual(['42501', 'accepted'])
    // back to the one before: it is the newest again
    await take(own, 8)
    await take(own, 10)
    expect([await accepts(own, 9), await accepts(own, 8)]).toEqual(['42501', 'accepted'])
    await own.close()
  })

  it('lead to other bytes in every part, and name themselves by none of their own', () => {
    const [left, right] = [keyed(1), keyed(2)]
    expect(left.id).not.toEqual(right.id)
    expect(left.id).toHaveLength(8)
    expect(left.innerBlock).not.toEqual(right.innerBlock)
    expect(() => scopeKeyOf(new Uint8Array(31))).toThrow('32 bytes')
  })

  it('are shown to nobody who serves', async () => {
    const urls = [fresh.urls.app, fresh.urls.platform]
    for (const url of urls) {
      const login = await keepOpen(url)
      const roles = ['none', 'robnu_tenant', 'robnu_door', 'robnu_platform']
      for (const role of roles) {
        const become = `select set_config('role', '${role}', true)`
        expect(await tried(login.sql, become, 'select * from scope_keys')).toBe('42501')
      }
      await login.close()
    }
    const inside = fresh.db.inSellerScope(a.entry)
    expect(await outcomeOf(() => rowsOf(inside, 'select * from scope_keys'))).toBe('42501')
    for (const name of ['scope_hmac', 'scope_entry', 'scope_mark', 'scope_is_reading']) {
      const [row] = await rowsOf(
        inside,
        `select oid::regprocedure::text as name, has_function_privilege(oid, 'execute') as may
         from pg_proc where proname = '${name}'`,
      )
      expect(row, name).toMatchObject({ may: false })
    }
  })

  it('are not needed by a process that opens no scope, and without one it opens none', async () => {
    const db = await openDatabase({ url: fresh.urls.app, maxConnections: 1 })
    expect(await outcomeOf(db.ping)).toBe('accepted')
    expect(await outcomeOf(() => rowsOf(db.inSellerScope(a.entry), read))).toContain('no key')
    await db.close()
    expect(testScopeKey.innerBlock).toHaveLength(64)
  })
})
