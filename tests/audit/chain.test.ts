/** The audit chain in a real database: who, in what order, and what nobody can take back. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AuditRow, readChain, readHead } from '../../core/audit/chain.ts'
import { recordPluginAudit } from '../../core/audit/record.ts'
import { type ChainReport, verifyChain } from '../../core/audit/verify.ts'
import { withOperations } from '../../core/db/operations.ts'
import { command } from '../../core/db/sql.ts'
import { newId } from '../../core/ids.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'

let fresh: FreshDatabase
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 10 })
})
afterAll(() => fresh.close())

const act = (seller: TestSeller, target: string, data: Record<string, unknown> = {}) =>
  fresh.db.withSellerScope(seller.entry, async (tx) => {
    await tx.run(command`
      insert into probes (seller_id, id, target)
      values (${seller.sellerId}, ${newId()}, ${target})`)
    recordPluginAudit(tx, seller.sellerId, 'probe', 'made', target, data)
  })
const check = async ({ entry, sellerId }: TestSeller, pageSize = 1_000): Promise<ChainReport> => {
  const queries = fresh.db.inSellerScope(entry)
  const head = await readHead(queries, sellerId)
  return verifyChain(readChain(queries, sellerId, { lastSeq: head?.seq, pageSize }), head)
}
const rowsOf = async ({ entry, sellerId }: TestSeller): Promise<AuditRow[]> =>
  await Array.fromAsync(readChain(fresh.db.inSellerScope(entry), sellerId))
const probesOf = ({ sellerId }: TestSeller) =>
  fresh.asSuperuser(async (admin) => {
    const rows = await admin`select target from probes where seller_id = ${sellerId}`
    return rows.map((row) => row.target as string).toSorted()
  })

beforeAll(() =>
  withOperations(fresh.urls.owner, (owner) =>
    owner.unsafe(`
      create table probes (
        seller_id uuid not null, id uuid not null, target text not null,
        primary key (seller_id, id));
      select app_protect('probes')`))
)

describe('an audit event', () => {
  it('says who did what, in a chain that verifies', async () => {
    const seller = await makeSeller(fresh.db)
    expect(await check(seller)).toEqual({ ok: true, count: 0, head: null })
    await act(seller, 'one', { b: 1, a: 'ü' })
    await act(seller, 'two')
    const rows = await rowsOf(seller)
    expect(rows).toMatchObject([
      { seq: 1, action: 'probe.made', target: 'one', data: '{"a":"ü","b":1}' },
      { seq: 2, action: 'probe.made', target: 'two', data: '{}' },
    ])
    for (const row of rows) {
      expect(row).toMatchObject({
        sellerId: seller.sellerId,
        actorKind: 'user',
        actorUserId: seller.userId,
        actorSuperAdminId: null,
        impersonationSessionId: null,
        apiKeyId: null,
        jobRunId: null,
      })
      expect(row.at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
    }
    expect(await check(seller)).toMatchObject({ ok: true, count: 2 })
  })

  it('names the system behind a platform scope, and cannot be anonymous or another seller’s', async () => {
    const [seller, other] = [await makeSeller(fresh.db), await makeSeller(fresh.db)]
    await fresh.db.withPlatformScope('sweep', async (tx) => {
      for (const { sellerId } of [seller, other]) {
        recordPluginAudit(tx, sellerId, 'seller', 'swept', 'x')
      }
      await tx.run(command`select 1`)
    })
    expect(await rowsOf(seller)).toMatchObject([{ actorKind: 'system', actorUserId: null }])
    expect(await check(other)).toMatchObject({ ok: true, count: 1 })
    await expect(fresh.db.withSellerScope(seller.entry, async (tx) => {
      await tx.run(command`select 1`)
      recordPluginAudit(tx, other.sellerId, 'probe', 'made', 'x')
    })).rejects.toThrow('open scope')
    await expect(fresh.db.withSellerScope(seller.entry, async (tx) => {
      await tx.run(command`select set_config('app.actor', '', true)`)
      recordPluginAudit(tx, seller.sellerId, 'probe', 'made', 'x')
    })).rejects.toThrow('no seller scope is open')
    expect(await check(seller)).toMatchObject({ ok: true, count: 1 })
    expect(await check(other)).toMatchObject({ ok: true, count: 1 })
  })

  it('and its change go together, or neither does', async () => {
    const seller = await makeSeller(fresh.db)
    await act(seller, 'kept')
    await expect(fresh.db.withSellerScope(seller.entry, async (tx) => {
      await tx.run(command`
        insert into probes (seller_id, id, target)
        values (${seller.sellerId}, ${newId()}, 'gone')`)
      recordPluginAudit(tx, seller.sellerId, 'probe', 'made', 'gone')
      throw new Error('on second thoughts')
    })).rejects.toThrow('second thoughts')
    // an audit row that the database refuses takes the change with it
    await expect(fresh.db.withSellerScope(seller.entry, async (tx) => {
      await tx.run(command`
        insert into probes (seller_id, id, target)
        values (${seller.sellerId}, ${newId()}, 'unaudited')`)
      tx.atCommit(command`select audit_append(${seller.sellerId}, 'probe.made', 'x', 'no json')`)
    })).rejects.toThrow('audit_events__data')
    expect(await probesOf(seller)).toEqual(['kept'])
    expect((await rowsOf(seller)).map((row) => row.target)).toEqual(['kept'])
    expect(await check(seller)).toMatchObject({ ok: true, count: 1 })
  })
})

describe('the chain', () => {
  it('does not fork under 8 writers of 50 events each', async () => {
    const seller = await makeSeller(fresh.db)
    await Promise.all(Array.from({ length: 8 }, async (_, writer) => {
      for (let i = 0; i < 50; i++) await act(seller, `${writer}/${i}`, { writer, i })
    }))
    expect(await check(seller, 64)).toMatchObject({ ok: true, count: 400 })
    const rows = await rowsOf(seller)
    expect(rows.map((row) => row.seq)).toEqual(Array.from({ length: 400 }, (_, i) => i + 1))
    expect(new Set(rows.map((row) => row.prevHash.toString())).size).toBe(400)
    expect(rows.map((row) => row.target).toSorted()).toEqual(await probesOf(seller))
    // and each writer's own events stand in its order
    for (let writer = 0; writer < 8; writer++) {
      const own = rows.filter((row) => row.target.startsWith(`${writer}/`)).map((row) => row.target)
      expect(own).toEqual(Array.from({ length: 50 }, (_, i) => `${writer}/${i}`))
    }
  })

  it('is as long as its head, whatever is appended while it is read', async () => {
    const seller = await makeSeller(fresh.db)
    for (let i = 0; i < 5; i++) await act(seller, String(i))
    const queries = fresh.db.inSellerScope(seller.entry)
    const head = await readHead(queries, seller.sellerId)
    await act(seller, 'meanwhile')
    const rows = readChain(queries, seller.sellerId, { lastSeq: head?.seq ?? 0, pageSize: 2 })
    expect(await verifyChain(rows, head)).toMatchObject({ ok: true, count: 5 })
  })

  it('is seen by its seller alone', async () => {
    const [seller, other] = [await makeSeller(fresh.db), await makeSeller(fresh.db)]
    await act(seller, 'mine')
    const theirs = fresh.db.inSellerScope(other.entry)
    expect(await Array.fromAsync(readChain(theirs, seller.sellerId))).toEqual([])
    expect(await readHead(theirs, seller.sellerId)).toBe(null)
  })

  const changes = {
    update: `update audit_events set data = '{}'`,
    delete: 'delete from audit_events',
    truncate: 'truncate audit_events',
    insert: 'insert into audit_events select * from audit_events',
    'update of the head': 'update audit_heads set seq = 0',
    'delete of the head': 'delete from audit_heads',
    'truncate of the head': 'truncate audit_heads',
  }
  for (const [name, change] of Object.entries(changes)) {
    it(`takes no ${name} from a login of the application`, async () => {
      const seller = await makeSeller(fresh.db)
      await act(seller, 'one')
      const before = await rowsOf(seller)
      const statement = { ...command`select 1`, sql: change }
      await expect(fresh.db.inSellerScope(seller.entry).run(statement)).rejects.toThrow('denied')
      await expect(fresh.db.gate.run(statement)).rejects.toThrow('denied')
      await expect(fresh.db.withPlatformScope('test', (tx) => tx.run(statement)))
        .rejects.toThrow('denied')
      expect(await rowsOf(seller)).toEqual(before)
    })
  }

  it('takes no update, delete or truncate of events even from the owner and the superuser', async () => {
    const seller = await makeSeller(fresh.db)
    await act(seller, 'one')
    for (const change of [changes.update, changes.delete, changes.truncate]) {
      await expect(withOperations(fresh.urls.owner, (owner) => owner.unsafe(change)))
        .rejects.toThrow('append-only')
      await expect(fresh.asSuperuser((admin) => admin.unsafe(change)))
        .rejects.toThrow('append-only')
    }
    expect(await check(seller)).toMatchObject({ ok: true, count: 1 })
  })

  it('shows what a superuser changed behind its back', async () => {
    const forgeries: [string, number, string][] = [
      [`update audit_events set data = '{"n":0}' where seller_id = $1 and seq = 3`, 3, 'edited'],
      [
        `update audit_events set actor_user_id = null where seller_id = $1 and seq = 2`,
        2,
        'edited',
      ],
      [
        `update audit_events set at = at + interval '1 microsecond' where seller_id = $1 and seq = 4`,
        4,
        'edited',
      ],
      ['delete from audit_events where seller_id = $1 and seq = 3', 3, 'missing'],
      ['delete from audit_events where seller_id = $1 and seq = 5', 5, 'missing'],
      ['delete from audit_events where seller_id = $1', 1, 'missing'],
      [
        `update audit_events e set target = 'x', hash = audit_hash(
          (e.seller_id, e.seq, e.at, e.actor_kind, e.actor_user_id, e.actor_super_admin_id,
           e.impersonation_session_id, e.api_key_id, e.job_run_id, e.action, 'x', e.data,
           e.prev_hash, e.hash)::audit_events) where seller_id = $1 and seq = 2`,
        2,
        'replaced',
      ],
      ['delete from audit_heads where seller_id = $1', 0, 'none'],
    ]
    for (const [forgery, seq, reason] of forgeries) {
      const seller = await makeSeller(fresh.db)
      for (let i = 0; i < 5; i++) await act(seller, String(i))
      await fresh.asSuperuser((admin) =>
        admin.begin(async (tx) => {
          await tx.unsafe(`set local session_replication_role = 'replica'`)
          await tx.unsafe(forgery, [seller.sellerId])
        })
      )
      if (reason === 'none') {
        const queries = fresh.db.inSellerScope(seller.entry)
        const head = await readHead(queries, seller.sellerId)
        expect(await verifyChain(readChain(queries, seller.sellerId), head))
          .toEqual({ ok: false, seq: 1, reason: 'beyond-head' })
      } else expect(await check(seller)).toMatchObject({ ok: false, seq, reason })
    }
  })
})
