/** Audit trail and decrypt ledger say what was done, and by whom: neither can be told otherwise. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readChain, readHead } from '../../core/audit/chain.ts'
import { recordPluginAudit } from '../../core/audit/record.ts'
import { verifyChain } from '../../core/audit/verify.ts'
import { newId } from '../../core/ids.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import { asSuperuser, type Connection, countRows, inScope, outcomeOf, rowsOf } from './attempts.ts'

let fresh: FreshDatabase
let admin: Connection
let a: TestSeller
let b: TestSeller
beforeAll(async () => {
  const ledgerHasMore = 'forged rows: what the database takes of a forger is the subject'
  fresh = await freshDatabase({ maxConnections: 4, ledgerHasMore })
  admin = await asSuperuser(fresh)
  a = await makeSeller(fresh.db)
  b = await makeSeller(fresh.db)
})
afterAll(async () => {
  await admin.close()
  await fresh.close()
})

const append = (sellerId: string, action = 'thing.done') =>
  `select audit_append('${sellerId}', '${action}', 'thing:1', '{}')`
const asA = (...texts: readonly string[]) => outcomeOf(() => inScope(fresh.db, a.entry, ...texts))
const reportOf = ({ sellerId, entry }: TestSeller) =>
  fresh.db.withSellerScope(entry, async (scope) => {
    const head = await readHead(scope, sellerId)
    return await verifyChain(readChain(scope, sellerId), head)
  })

describe('the audit trail', () => {
  it('takes no event but through its function', async () => {
    const before = await countRows(admin, 'audit_events')
    const event = (sellerId: string) => `
      insert into audit_events (seller_id, seq, at, actor_kind, action, target, data, prev_hash,
        hash)
      values ('${sellerId}', 1000, now(), 'user', 'x', 'y', '{}', '', '')`
    expect(await asA(event(a.sellerId))).toBe('42501')
    expect(await asA(event(b.sellerId))).toBe('42501')
    const head = `insert into audit_heads (seller_id, seq, hash) values ('${a.sellerId}', 7, '')`
    expect(await asA(head)).toBe('42501')
    expect(await asA(`update audit_heads set seq = 0`)).toBe('42501')
    expect(await countRows(admin, 'audit_events')).toBe(before)
    expect(await asA(append(a.sellerId))).toBe('accepted')
    expect(await countRows(admin, 'audit_events')).toBe(before + 1)
  })

  it('takes no event for another seller, nor for one that is not there', async () => {
    const of = (sellerId: string) => countRows(admin, 'audit_events', `seller_id = '${sellerId}'`)
    const before = await of(b.sellerId)
    for (const sellerId of [b.sellerId, newId()]) {
      expect(await asA(append(sellerId))).toBe('42501')
      const outcome = await outcomeOf(() =>
        fresh.db.withSellerScope(a.entry, (scope) => {
          recordPluginAudit(scope, sellerId, 'thing', 'done', 'thing:1')
          return Promise.resolve()
        })
      )
      expect(outcome).toBe('42501')
    }
    expect(await asA(append('').replace(`''`, 'null'))).toMatch(/^2/)
    expect(await of(b.sellerId)).toBe(before)
  })

  it('names the user whom the scope was opened for', async () => {
    await inScope(fresh.db, a.entry, append(a.sellerId, 'named.user'))
    const [event] = await admin.sql`
      select actor_kind, actor_user_id, job_run_id from audit_events where action = 'named.user'`
    expect(event).toEqual({ actor_kind: 'user', actor_user_id: a.userId, job_run_id: null })
  })

  it('names the platform where the platform did it, for any seller', async () => {
    await fresh.db.withPlatformScope(
      'sweep',
      (tx) => rowsOf(tx, append(b.sellerId, 'named.system')),
    )
    const [event] = await admin.sql`
      select actor_kind, actor_user_id, seller_id from audit_events where action = 'named.system'`
    expect(event).toEqual({ actor_kind: 'system', actor_user_id: null, seller_id: b.sellerId })
  })

  it('takes no event from the platform without a name of its own', async () => {
    for (const actor of ['', 'system', 'system:', `run:${newId()}`, `key:${newId()}`, 'robot:1']) {
      const outcome = await outcomeOf(() =>
        fresh.db.withPlatformScope('test', async (tx) => {
          await rowsOf(tx, `select set_config('app.actor', '${actor}', true)`)
          await rowsOf(tx, append(b.sellerId))
        })
      )
      expect(outcome, actor).toBe('42501')
    }
  })

  it('takes no event from someone without a name', async () => {
    for (const actor of ['', 'robot:1', 'user']) {
      const rename = `select set_config('app.actor', '${actor}', true)`
      expect(await asA(rename, append(a.sellerId))).not.toBe('accepted')
    }
  })

  it('takes no event under the name of another user of the seller, nor of anybody else', async () => {
    for (const actor of [`user:${newId()}`, `user:${b.userId}`, `run:${newId()}`, 'system:sweep']) {
      const rename = `select set_config('app.actor', '${actor}', true)`
      expect(await asA(rename, append(a.sellerId))).toBe('42501')
      expect(await asA(rename, 'select app_current_actor()')).toBe('42501')
    }
  })

  it('keeps one chain under eight writers at once, with aborts between them', async () => {
    const before = await reportOf(a)
    const count = before.ok ? before.count : 0
    const outcomes = await Promise.all(
      Array.from(
        { length: 80 },
        (_, i) =>
          outcomeOf(() =>
            fresh.db.withSellerScope(a.entry, async (scope) => {
              recordPluginAudit(scope, a.sellerId, 'thing', 'done', `thing:${i}`, { i })
              if (i % 4 === 0) {
                await rowsOf(scope, 'select 1 / 0')
              }
            })
          ),
      ),
    )
    expect(outcomes.filter((outcome) => outcome === 'accepted')).toHaveLength(60)
    expect(await reportOf(a)).toMatchObject({ ok: true, count: count + 60 })
    expect(await reportOf(b)).toMatchObject({ ok: true })
  })
})

describe('the decrypt ledger', () => {
  const row = (sellerId: string, more = '', values = '') => `
    insert into decrypt_ledger (seller_id, id, purpose, table_name, columns, row_ids,
      opened ${more})
    values ('${sellerId}', '${newId()}', 'test', 'orders', '{a}', '{}', 1 ${values})`

  it('names whom the scope was opened for, and cannot be changed afterwards', async () => {
    expect(await asA(row(a.sellerId))).toBe('accepted')
    const [entry] = await admin
      .sql`select actor from decrypt_ledger where seller_id = ${a.sellerId}`
    expect(entry).toEqual({ actor: `user:${a.userId}` })
    expect(await asA(`update decrypt_ledger set opened = 0`)).toBe('42501')
    expect(await asA('delete from decrypt_ledger')).toBe('42501')
    expect(await asA('truncate decrypt_ledger')).toBe('42501')
    expect(await asA(row(b.sellerId))).toBe('42501')
    expect(await countRows(admin, 'decrypt_ledger')).toBe(1)
  })

  it('takes no row without a name', async () => {
    expect(await outcomeOf(() => rowsOf(fresh.db.bare, row(a.sellerId)))).toBe('42501')
  })

  it('takes no other name than that of the scope', async () => {
    expect(await asA(row(a.sellerId, ', actor', `, 'user:${newId()}'`))).toBe('42501')
  })

  it('takes no other time than now', async () => {
    expect(await asA(row(a.sellerId, ', created_at', `, '2020-01-01'`))).toBe('42501')
  })
})
