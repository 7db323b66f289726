/** The other kinds of entry, by API key and by impersonation: whom they let in, and to do what. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Entry } from '../../core/db/database.ts'
import { newId } from '../../core/ids.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeAccount,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import { asSuperuser, type Connection, inScope, outcomeOf, rowsOf } from './attempts.ts'

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
/** In a transaction, and in a flush of its own. */
const refused = async (entry: Entry, code: string): Promise<void> => {
  expect(await inside(entry, write(entry.sellerId))).toBe(code)
  const single = fresh.db.inSellerScope(entry)
  expect(await outcomeOf(() => rowsOf(single, write(entry.sellerId)))).toBe(code)
}
const lastEvent = async (sellerId: string) => {
  const [event] = await admin.sql`
    select actor_kind, actor_user_id, actor_super_admin_id, impersonation_session_id, api_key_id,
      job_run_id
    from audit_events where seller_id = ${sellerId} order by seq desc limit 1`
  return event
}
const nobody = {
  actor_user_id: null,
  actor_super_admin_id: null,
  impersonation_session_id: null,
  api_key_id: null,
  job_run_id: null,
}
const append = (sellerId: string) => `select audit_append('${sellerId}', 'x.done', 'x:1', '{}')`
const suspend = ({ sellerId }: TestSeller) =>
  `update sellers set status = 'SUSPENDED' where id = '${sellerId}'`

describe('an API key', () => {
  const makeKey = async (seller: TestSeller) => {
    const keyId = newId()
    await admin.sql`
      insert into api_keys (seller_id, id, name, prefix, secret_hash, scopes, created_by_user_id)
      values (${seller.sellerId}, ${keyId}, 'Till', ${
      keyId.slice(-8)
    }, sha256('x'), '{orders:read}',
        ${seller.userId})`
    const entry: Entry = { sellerId: seller.sellerId, kind: 'key', ref: `${keyId}/1.1` }
    return { keyId, entry }
  }

  it('that lives opens the scope of its seller, and is named by the trail', async () => {
    const seller = await makeSeller(fresh.db)
    const { keyId, entry } = await makeKey(seller)
    await change(`update api_keys set expires_at = null where id = '${keyId}'`)
    expect(await inScope(fresh.db, entry, who))
      .toEqual([{ actor: `key:${keyId}`, id: seller.sellerId }])
    expect(await inside(entry, write(seller.sellerId), append(seller.sellerId))).toBe('accepted')
    expect(await lastEvent(seller.sellerId))
      .toEqual({ ...nobody, actor_kind: 'key', api_key_id: keyId })
  })

  const ends: Readonly<Record<string, readonly [code: string, text: string]>> = {
    'that was revoked': ['session-over', 'set revoked_at = now()'],
    'that has expired': ['session-over', `set expires_at = now() - interval '1 second'`],
    'whose end was moved': ['stale-authz', `set expires_at = now() + interval '1 day'`],
    'with other scopes': ['stale-authz', `set scopes = '{orders:read,accounts:read}'`],
    'with other addresses': ['stale-authz', `set allowed_ips = '{10.0.0.0/8}'`],
  }
  for (const [name, [code, text]] of Object.entries(ends)) {
    it(`${name} is refused at once`, async () => {
      const { keyId, entry } = await makeKey(await makeSeller(fresh.db))
      expect(await inside(entry, who)).toBe('accepted')
      await change(`update api_keys ${text} where id = '${keyId}'`)
      await refused(entry, code)
    })
  }

  it('of a suspended seller, of another seller or of nobody is refused', async () => {
    const seller = await makeSeller(fresh.db)
    const { entry } = await makeKey(seller)
    const { sellerId } = await makeSeller(fresh.db)
    await refused({ ...entry, sellerId }, 'session-over')
    await refused({ ...entry, ref: `${newId()}/1.1` }, 'session-over')
    await refused({ ...entry, kind: 'session' }, 'session-over')
    await change(suspend(seller))
    await refused(entry, 'stale-authz')
  })
})

describe('an impersonation session', () => {
  /** Live, as whoever asked for it and was let in has it. */
  const makeLive = async (mode: 'READ_ONLY' | 'READ_WRITE') => {
    const seller = await makeSeller(fresh.db)
    const { sellerId, userId } = seller
    const [staffId, staffSessionId, id] = [newId(), newId(), newId()]
    await admin.sql`
      insert into super_admins (id, email, name, password_hash, totp_secret_enc)
      values (${staffId}, ${`${staffId}@staff.example`}, 'Meera', 'none', '\\x00')`
    await admin.sql`
      insert into staff_sessions (id, super_admin_id, token_hash, expires_at)
      values (${staffSessionId}, ${staffId}, ${staffSessionId}, now() + interval '1 hour')`
    await admin.sql`
      insert into impersonation_sessions (seller_id, id, super_admin_id, staff_name, mode, consent,
        reason, ticket, minutes, expires_at)
      values (${sellerId}, ${id}, ${staffId}, 'Meera', ${mode}, 'REQUIRED',
        'Orders are missing', 'T-1', 60, now())`
    await change(`
      update impersonation_sessions set state = 'APPROVED', decided_by_user_id = '${userId}',
        decided_at = now() where id = '${id}'`)
    await change(`
      update impersonation_sessions set state = 'LIVE', staff_session_id = '${staffSessionId}'
      where id = '${id}'`)
    const entry: Entry = { sellerId, kind: 'impersonation', ref: `${id}/1` }
    return { seller, sellerId, staffId, staffSessionId, id, entry }
  }
  type Live = Awaited<ReturnType<typeof makeLive>>

  it('that is live opens the scope; the trail names both the staff and the session', async () => {
    const { sellerId, staffId, id, entry } = await makeLive('READ_WRITE')
    expect(await inScope(fresh.db, entry, who))
      .toEqual([{ actor: `staff:${staffId}/${id}`, id: sellerId }])
    expect(await inside(entry, write(sellerId), append(sellerId))).toBe('accepted')
    expect(await lastEvent(sellerId)).toEqual({
      ...nobody,
      actor_kind: 'staff',
      actor_super_admin_id: staffId,
      impersonation_session_id: id,
    })
  })

  // past the triggers, which would end the session as well: the door looks for itself
  const past = (text: string) =>
    `set session_replication_role = replica; ${text};
    set session_replication_role = origin`
  const ends: Readonly<Record<string, readonly [string, (live: Live) => string]>> = {
    'that has expired': ['impersonation-over', ({ id }) =>
      past(`
      update impersonation_sessions set expires_at = now() - interval '1 second'
      where id = '${id}'`)],
    'that was ended': ['impersonation-over', ({ id, staffId }) => `
      update impersonation_sessions set state = 'ENDED', ended_by = 'staff:${staffId}'
      where id = '${id}'`],
    'that is not live yet': ['impersonation-over', ({ id }) =>
      past(`
      update impersonation_sessions set state = 'APPROVED' where id = '${id}'`)],
    'whose staff session is over': ['impersonation-over', ({ staffSessionId }) =>
      past(`
      update staff_sessions set revoked_at = now() where id = '${staffSessionId}'`)],
    'whose staff session has expired': ['impersonation-over', ({ staffSessionId }) =>
      past(`
      update staff_sessions set expires_at = now() - interval '1 second'
      where id = '${staffSessionId}'`)],
    'of somebody who left the staff': ['impersonation-over', ({ staffId }) =>
      past(`
      update super_admins set removed_at = now() where id = '${staffId}'`)],
    'of a suspended seller': ['stale-authz', ({ seller }) => suspend(seller)],
  }
  for (const [name, [code, end]] of Object.entries(ends)) {
    it(`${name} is refused at once`, async () => {
      const live = await makeLive('READ_WRITE')
      expect(await inside(live.entry, who)).toBe('accepted')
      await change(end(live))
      await refused(live.entry, code)
    })
  }

  it('of another seller or of nobody is refused', async () => {
    const { entry } = await makeLive('READ_WRITE')
    const { sellerId } = await makeSeller(fresh.db)
    await refused({ ...entry, sellerId }, 'impersonation-over')
    await refused({ ...entry, ref: `${newId()}/1` }, 'impersonation-over')
  })

  describe('for reading only', () => {
    const readOnly = 'read-only-session'
    /** What a tenant may do to a table at all, column by column. */
    const granted = () =>
      admin.sql<{ name: string; privilege: string; column: string }[]>`
        select c.relname as name, p.privilege, min(a.attname::text) as column
        from pg_class c
        join pg_policy y on y.polrelid = c.oid and y.polname = 'tenant'
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and a.attgenerated = ''
        cross join (values ('insert'), ('update'), ('delete')) as p (privilege)
        where case p.privilege when 'delete' then has_table_privilege('robnu_tenant', c.oid, 'delete')
          else has_column_privilege('robnu_tenant', c.oid, a.attnum, p.privilege) end
        group by c.relname, p.privilege order by 1, 2`

    it('writes no table, whatever the statement', async () => {
      const { entry, sellerId, seller } = await makeLive('READ_ONLY')
      await makeAccount(fresh, seller)
      const rights = await granted()
      expect(rights.length).toBeGreaterThan(30)
      for (const { name, privilege, column } of rights) {
        if (name === 'decrypt_ledger') continue
        // a policy is asked for the rows that there are: a plain check says the same of none
        const texts = {
          insert: `insert into ${name} (seller_id) values ('${sellerId}')`,
          update: `update ${name} set ${column} = ${column} where seller_id = '${sellerId}'`,
          delete: `delete from ${name} where seller_id = '${sellerId}'`,
        }
        const text = texts[privilege as keyof typeof texts]
        const [row] = await admin.sql.unsafe(
          `select count(*)::int as rows from ${name} where seller_id = '${sellerId}'`,
        )
        const outcome = await inside(entry, text)
        const rows = privilege === 'insert' ? 1 : Number(row?.['rows'])
        expect([readOnly, ...rows === 0 ? ['accepted'] : []], text).toContain(outcome)
      }
      expect(await inside(entry, write(sellerId))).toBe(readOnly)
      const rename = `update marketplace_accounts set name = 'x' where seller_id = '${sellerId}'`
      expect(await inside(entry, rename)).toBe(readOnly)
    })

    it('deletes nothing that is there', async () => {
      const { entry, sellerId } = await makeLive('READ_ONLY')
      await admin.sql`
        insert into audit_anchors (seller_id, id, kind, bucket, region)
        values (${sellerId}, ${newId()}, 'bucket', 'b', 'r')`
      const text = 'delete from audit_anchors returning id'
      expect(await inside(entry, text)).toBe(readOnly)
      const [row] = await admin.sql`
        select count(*)::int as left from audit_anchors where seller_id = ${sellerId}`
      expect(row).toEqual({ left: 1 })
    })

    it('asks for no work', async () => {
      const { entry, sellerId, seller } = await makeLive('READ_ONLY')
      const account = await makeAccount(fresh, seller)
      const ask =
        `select request_work('${sellerId}', '${account}', 'ORDERS', 'manual', '${newId()}',
        '${newId()}', '${newId()}', 'q', null, null)`
      expect(await inside(entry, ask)).toBe(readOnly)
    })

    it('reads, and is written down in trail and ledger', async () => {
      const { entry, sellerId, staffId, id } = await makeLive('READ_ONLY')
      const open =
        `insert into decrypt_ledger (seller_id, id, purpose, table_name, columns, row_ids,
        opened) values ('${sellerId}', '${newId()}', 'x', 'orders', '{}', '{}', 0)`
      expect(await inside(entry, who, open, append(sellerId))).toBe('accepted')
      const actor = `staff:${staffId}/${id}`
      const opened = await admin.sql`select actor from decrypt_ledger where seller_id = ${sellerId}`
      expect(opened).toEqual([{ actor }])
      expect(await lastEvent(sellerId)).toMatchObject({ impersonation_session_id: id })
    })

    it('cannot tell itself otherwise', async () => {
      const { entry, sellerId } = await makeLive('READ_ONLY')
      const scope = `current_setting('app.scope')`
      for (
        const forged of [
          `substr(${scope}, 2)`,
          `'w' || substr(${scope}, 2)`,
          `'r' || ${scope}`,
          `upper(${scope})`,
        ]
      ) {
        const forge = `select set_config('app.scope', ${forged}, true)`
        expect(await inside(entry, forge, write(sellerId)), forged).toBe('42501')
      }
      const { entry: writing, sellerId: other } = await makeLive('READ_WRITE')
      const forge = `select set_config('app.scope', 'r' || ${scope}, true)`
      expect(await inside(writing, forge, `select * from orders`)).toBe('42501')
      expect(await inside(writing, write(other))).toBe('accepted')
    })
  })
})
