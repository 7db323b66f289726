/** What was recorded, no login changes: tried as each of them, and as the owner and the superuser. */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { verifyChain } from '../../core/audit/verify.ts'
import { readOrgChain, readOrgHead } from '../../core/audit/chain.ts'
import { recordAudit, recordOrgAudit } from '../../core/audit/record.ts'
import { signDigests } from '../../core/audit/sign-digests.ts'
import { command } from '../../core/db/sql.ts'
import { newId } from '../../core/ids.ts'
import { silentLog } from '../../core/log.ts'
import { type Connection, keepOpen } from '../isolation/attempts.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import { newSigner } from './chains.ts'

let fresh: FreshDatabase
let seller: TestSeller
let orgId = ''
// open for the whole file: a connection takes longer than what is tried with it
const open = {} as Record<'app' | 'platform' | 'owner' | 'superuser', Connection>
beforeAll(async () => {
  fresh = await freshDatabase()
  const superuser = Object.assign(new URL(inject('superuserUrl')), {
    pathname: new URL(fresh.urls.owner).pathname,
  }).href
  for (const [login, url] of Object.entries({ ...fresh.urls, superuser })) {
    open[login as keyof typeof open] = await keepOpen(url)
  }
  seller = await makeSeller(fresh.db)
  const [row] = await open.superuser.sql<{ id: string }[]>`
    select org_id as id from sellers where id = ${seller.sellerId}`
  orgId = row?.id ?? ''
  await fresh.db.withPlatformScope('test', (tx) => {
    const { sellerId } = seller
    recordAudit(tx, sellerId, 'seller.created', `seller:${sellerId}`)
    recordOrgAudit(tx, orgId, 'seller.created', `seller:${sellerId}`)
    return Promise.resolve()
  })
  await signDigests(fresh.db, { signer: newSigner(), now: () => new Date(), log: silentLog })
})
afterAll(async () => {
  for (const { close } of Object.values(open)) await close()
  await fresh?.close()
})

const tables = ['audit_events', 'audit_digests', 'org_audit_events']
const changes: Readonly<Record<string, (table: string) => string>> = {
  update: (table) => `update ${table} set ${table === 'audit_digests' ? 'body' : 'data'} = '{}'`,
  delete: (table) => `delete from ${table}`,
  truncate: (table) => `truncate ${table}`,
  merge: (table) =>
    `merge into ${table} t using (select 1) as one on true when matched then delete`,
}
const contentOf = async (table: string): Promise<string> => {
  const [row] = await open.superuser.sql.unsafe(
    `select md5(string_agg(t::text, '|')) as all from ${table} t`,
  )
  return String(row?.['all'])
}

/** Each way that a login of ours has into the database. */
const logins: Readonly<Record<string, (text: string) => Promise<unknown>>> = {
  'robnu_app in a seller’s scope': (text) =>
    fresh.db.inSellerScope(seller.entry).run({ ...command`select 1`, sql: text }),
  'robnu_app outside of a scope': (text) => open.app.sql.unsafe(text),
  'robnu_platform': (text) => open.platform.sql.unsafe(text),
  'robnu_platform in its scope': (text) =>
    fresh.db.withPlatformScope('test', (tx) => tx.run({ ...command`select 1`, sql: text })),
}

describe('append only', () => {
  for (const table of tables) {
    for (const [verb, change] of Object.entries(changes)) {
      for (const [login, run] of Object.entries(logins)) {
        it(`${table}: no ${verb} by ${login}`, async () => {
          const before = await contentOf(table)
          expect(before).toMatch(/^[0-9a-f]{32}$/)
          // by its grants; the triggers are a second lock, that says another thing
          await expect(run(change(table))).rejects.toThrow('permission denied')
          expect(await contentOf(table)).toBe(before)
        })
      }

      it(`${table}: no ${verb} by the owner, nor by a superuser who minds the triggers`, async () => {
        const before = await contentOf(table)
        await expect(open.owner.sql.unsafe(change(table)))
          .rejects.toThrow('append-only')
        await expect(open.superuser.sql.unsafe(change(table)))
          .rejects.toThrow('append-only')
        expect(await contentOf(table)).toBe(before)
      })
    }
  }

  it('heads are moved by the functions alone', async () => {
    for (const table of ['audit_heads', 'org_audit_heads']) {
      for (
        const text of [`update ${table} set seq = 0`, `delete from ${table}`, `truncate ${table}`]
      ) {
        for (const run of Object.values(logins)) {
          await expect(run(text)).rejects.toMatchObject({ code: '42501' })
        }
      }
    }
  })

  it('no row goes in but through the functions, and digests by the platform', async () => {
    const digest = `insert into audit_digests select * from audit_digests`
    for (const table of ['audit_events', 'org_audit_events', 'audit_heads', 'org_audit_heads']) {
      for (const run of Object.values(logins)) {
        await expect(run(`insert into ${table} select * from ${table}`))
          .rejects.toMatchObject({ code: '42501' })
      }
    }
    const { 'robnu_platform in its scope': platform, ...others } = logins
    for (const [login, run] of Object.entries(others)) {
      // the platform login outside of its scope is the platform all the same
      const code = login === 'robnu_platform' ? '23505' : '42501'
      await expect(run(digest), login).rejects.toMatchObject({ code })
    }
    await expect(platform?.(digest)).rejects.toMatchObject({ code: '23505' })
  })
})

describe('the trail of the org', () => {
  const append = (actor: string, org = orgId) =>
    fresh.db.withPlatformScope('test', async (tx) => {
      await tx.run(command`select set_config('app.actor', ${actor}, true)`)
      recordOrgAudit(tx, org, 'seller.suspended', `seller:${seller.sellerId}`, { reason: 'test' })
    })
  const last = async () => {
    const [row] = await fresh.asSuperuser((admin) =>
      admin`select actor_kind, actor_super_admin_id, impersonation_session_id, action, target, data
        from org_audit_events where org_id = ${orgId} order by seq desc limit 1`
    )
    return row
  }

  it('names the member of staff, and the session that they act in', async () => {
    const [admin, session] = [newId(), newId()]
    const event = {
      action: 'seller.suspended',
      target: `seller:${seller.sellerId}`,
      data: '{"reason":"test"}',
    }
    await append(`staff:${admin}`)
    expect(await last()).toEqual({
      ...{ actor_kind: 'staff', actor_super_admin_id: admin, impersonation_session_id: null },
      ...event,
    })
    await append(`staff:${admin}/${session}`)
    expect(await last()).toEqual({
      ...{ actor_kind: 'staff', actor_super_admin_id: admin, impersonation_session_id: session },
      ...event,
    })
    await append('system:sweep')
    expect(await last()).toMatchObject({ actor_kind: 'system', actor_super_admin_id: null })
  })

  it('takes no event from somebody without a name, or with that of a seller’s user', async () => {
    for (const actor of ['', 'staff', 'staff:', 'staff:nobody', `user:${newId()}`, 'robot:1']) {
      const before = await contentOf('org_audit_events')
      await expect(append(actor), actor).rejects.toThrow()
      expect(await contentOf('org_audit_events')).toBe(before)
    }
  })

  it('takes no event from a seller’s scope, nor from the bare login', async () => {
    const text = `select org_audit_append('${orgId}', 'seller.created', 'seller:x', '{}')`
    for (const login of ['robnu_app in a seller’s scope', 'robnu_app outside of a scope']) {
      await expect(logins[login]?.(text)).rejects.toMatchObject({ code: '42501' })
    }
    await expect(append(`staff:${newId()}`, newId())).rejects.toThrow()
  })

  it('takes none even from a role that somebody has let call its function', async () => {
    const call = `select org_audit_append('${orgId}', 'seller.created', 'seller:x', '{}')`
    const undone = new Error('undone')
    let said = ''
    await fresh.asSuperuser((admin) =>
      admin.begin(async (tx) => {
        await tx.unsafe(
          'grant execute on function org_audit_append(uuid, text, text, text) to robnu_app',
        )
        await tx.unsafe('set session authorization robnu_app')
        await tx.unsafe(`select set_config('app.actor', 'system:x', true)`)
        said = await tx.savepoint((point) => point.unsafe(call)).then(
          () => 'accepted',
          (error: Error) => error.message,
        )
        throw undone
      })
    ).catch((error: unknown) => {
      if (error !== undone) throw error
    })
    expect(said).toBe('the trail of the org is for the platform')
  })

  it('is one chain under eight writers, of the bytes that sellers’ chains have', async () => {
    const before = await fresh.db.withPlatformScope('test', (tx) => readOrgHead(tx, orgId))
    await Promise.all(Array.from({ length: 8 }, async () => {
      for (let i = 0; i < 5; i++) await append(`staff:${newId()}`)
    }))
    await fresh.db.withPlatformScope('test', async (tx) => {
      const head = await readOrgHead(tx, orgId)
      const count = (before?.seq ?? 0) + 40
      expect(await verifyChain(readOrgChain(tx, orgId, { pageSize: 16 }), head))
        .toMatchObject({ ok: true, count })
      const rows = await Array.fromAsync(readOrgChain(tx, orgId))
      expect(new Set(rows.map(({ sellerId }) => sellerId))).toEqual(new Set([orgId]))
      const changed = rows.map((row) => row.seq === 3 ? { ...row, actorKind: 'system' } : row)
      expect(await verifyChain(changed, head)).toEqual({ ok: false, seq: 3, reason: 'edited' })
    })
  })

  it('is read by the platform, and by no seller', async () => {
    await expect(readOrgHead(fresh.db.inSellerScope(seller.entry), orgId))
      .rejects.toMatchObject({ code: '42501' })
    await expect(
      Array.fromAsync(readOrgChain(fresh.db.inSellerScope(seller.entry), orgId)),
    ).rejects.toMatchObject({ code: '42501' })
  })
})
