/** What is signed holds: an entry for one backend, and the mark of a scope for one transaction. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../core/ids.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import { enterText, type Knock, knockOf } from '../support/scope-key.ts'
import { asSuperuser, type Connection, keepOpen, outcomeOf, rowsOf, tried } from './attempts.ts'

let fresh: FreshDatabase
let admin: Connection
let a: TestSeller
let b: TestSeller
/** The bare login, twice: two backends. */
let one: Connection
let two: Connection
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 1 })
  admin = await asSuperuser(fresh)
  a = await makeSeller(fresh.db)
  b = await makeSeller(fresh.db)
  one = await keepOpen(fresh.urls.app)
  two = await keepOpen(fresh.urls.app)
})
afterAll(async () => {
  for (const connection of [one, two, admin]) await connection.close()
  await fresh.close()
})

const backendOf = async ({ sql }: Connection): Promise<number> => {
  const [row] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`
  return row?.pid ?? 0
}
const beTenant = 'set local role robnu_tenant'
const read = 'select id from sellers'
/** Whether the door opens on this connection, and the scope behind it holds. */
const entered = (at: Connection, knock: Knock, ...more: readonly string[]) =>
  tried(at.sql, enterText(knock), beTenant, ...more, read)

describe('an entry', () => {
  it('opens the scope on the backend that it was signed for, and on no other', async () => {
    const knock = knockOf(a.entry, await backendOf(one))
    expect(await entered(one, knock)).toBe('accepted')
    expect(await entered(two, knock)).toBe('42501')
    expect(await entered(two, knockOf(a.entry, await backendOf(two)))).toBe('accepted')
  })

  it('that was changed in any part is refused', async () => {
    const knock = knockOf(a.entry, await backendOf(one))
    const other = knockOf(b.entry, await backendOf(one))
    const changes: readonly Partial<Knock>[] = [
      { kind: 'work' },
      { kind: 'check' },
      { kind: 'SESSION' },
      { ref: other.ref },
      { ref: `${a.sessionId}/2.1` },
      { ref: knock.ref.toUpperCase() },
      { sellerId: b.sellerId },
      { ref: other.ref, sellerId: b.sellerId },
      // the same text, cut elsewhere
      { kind: `session/${a.sessionId}`, ref: '1.1' },
      { expires: new Date(knock.expires.getTime() + 1) },
      { expires: new Date(knock.expires.getTime() + 86_400_000) },
    ]
    for (const change of changes) {
      expect(await entered(one, { ...knock, ...change }), JSON.stringify(change)).toBe('42501')
    }
    expect(await entered(one, { ...other, proof: knock.proof })).toBe('42501')
  })

  it('with any bit of its proof changed, a longer or a shorter one, is refused', async () => {
    const knock = knockOf(a.entry, await backendOf(one))
    expect(knock.proof).toHaveLength(32)
    for (let bit = 0; bit < 256; bit++) {
      const proof = Uint8Array.from(knock.proof)
      proof[bit >> 3] = (proof[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(await entered(one, { ...knock, proof }), `bit ${bit}`).toBe('42501')
    }
    for (const length of [0, 8, 31]) {
      const proof = knock.proof.slice(0, length)
      expect(await entered(one, { ...knock, proof }), `${length} bytes`).toBe('42501')
    }
    const proof = Uint8Array.from([...knock.proof, 0])
    expect(await entered(one, { ...knock, proof })).toBe('42501')
  })

  it('without a part is refused', async () => {
    const text = enterText(knockOf(a.entry, await backendOf(one)))
    const parts = text.match(/'[^']*'/g) ?? []
    expect(parts).toHaveLength(5)
    for (const part of parts) {
      const [before = '', after = ''] = text.split(part)
      expect(await tried(one.sql, `${before}null${after}`), part).toBe('42501')
    }
  })

  it('that is late is over, however well it is signed', async () => {
    const late = knockOf(a.entry, await backendOf(one), { lifeMs: -1 })
    expect(await entered(one, late)).toBe('RB001')
  })

  it('that only checks the key opens nothing', async () => {
    const check = knockOf({ ...a.entry, kind: 'check' }, await backendOf(one))
    expect(await tried(one.sql, enterText(check))).toBe('accepted')
    expect(await entered(one, check)).toBe('42501')
  })
})

describe('the mark of a scope', () => {
  type Settings = readonly (readonly [name: string, value: string])[]
  const settingsIn = async (at: Connection, seller: TestSeller): Promise<Settings> => {
    const knock = knockOf(seller.entry, await backendOf(at))
    return await at.sql.begin(async (tx) => {
      await tx.unsafe(enterText(knock))
      const names = ['app.current_seller_id', 'app.actor', 'app.scope']
      return await Promise.all(names.map(async (name) => {
        const [row] = await tx`select current_setting(${name}) as value`
        return [name, String(row?.['value'])] as const
      }))
    })
  }
  const copied = (settings: Settings, isLocal: boolean) =>
    settings.map(([name, value]) => `select set_config('${name}', '${value}', ${isLocal})`)

  it('opens neither a later transaction of its backend nor one of another', async () => {
    const settings = await settingsIn(one, a)
    for (const isLocal of [true, false]) {
      for (const at of [one, two]) {
        expect(await tried(at.sql, ...copied(settings, isLocal), beTenant, read)).toBe('42501')
      }
    }
    // left over by the session, and not only by the transaction
    const leaving = await keepOpen(fresh.urls.app)
    for (const text of copied(settings, false)) await leaving.sql.unsafe(text)
    expect(await tried(leaving.sql, beTenant, read)).toBe('42501')
    const knock = knockOf(b.entry, await backendOf(leaving))
    expect(await entered(leaving, knock)).toBe('accepted')
    await leaving.close()
  })

  it('holds for its own seller and actor alone', async () => {
    const theirs = await settingsIn(two, b)
    const knock = knockOf(a.entry, await backendOf(one))
    for (let taken = 1; taken < 8; taken++) {
      const some = theirs.filter((_, at) => taken & (1 << at))
      expect(await entered(one, knock, ...copied(some, true)), `${some}`).toBe('42501')
    }
    for (const name of ['app.current_seller_id', 'app.actor', 'app.scope']) {
      for (const value of ['', 'r', 'x', `${a.sellerId} `, newId()]) {
        const change = `select set_config('${name}', '${value}', true)`
        expect(await entered(one, knock, change), `${name} ${value}`).toBe('42501')
      }
    }
    expect(await entered(one, knock, 'reset all')).toBe('42501')
  })

  it('is made of backend, transaction, seller and actor', async () => {
    const backend = await backendOf(one)
    const actor = `user:${a.userId}`
    /** As somebody would make it who has the key, which nobody has. */
    const forge = async (
      change: Partial<Record<'pid' | 'seconds' | 'seller' | 'actor', string>>,
    ) => {
      const undo = new Error('undone')
      const outcome = await outcomeOf(() =>
        one.sql.begin(async (tx) => {
          const [row] = await tx`select extract(epoch from now())::text as seconds`
          const made = {
            ...{ pid: `${backend}`, seconds: String(row?.['seconds']), seller: a.sellerId, actor },
            ...change,
          }
          const text = ['scope', made.pid, made.seconds, made.seller, made.actor].join('/')
          const [mark] = await admin.sql`
            select encode(scope_hmac(inner_block, outer_block, ${text}), 'hex') as hex
            from scope_keys`
          await tx`
            select set_config('app.current_seller_id', ${a.sellerId}, true),
              set_config('app.actor', ${actor}, true), set_config('app.scope', ${
            mark?.['hex']
          }, true)`
          await tx.unsafe(beTenant)
          await tx.unsafe(read)
          throw undo
        })
      )
      return outcome === String(undo) ? 'accepted' : outcome
    }
    expect(await forge({})).toBe('accepted')
    expect(await forge({ pid: String(await backendOf(two)) })).toBe('42501')
    expect(await forge({ seconds: (Date.now() / 1000).toFixed(6) })).toBe('42501')
    expect(await forge({ seller: b.sellerId })).toBe('42501')
    expect(await forge({ actor: `user:${b.userId}` })).toBe('42501')
  })

  it('is of the transaction, and survives a savepoint', async () => {
    const knock = knockOf(a.entry, await backendOf(one))
    const forge = `select set_config('app.actor', 'user:x', true)`
    expect(await entered(one, knock, 'savepoint s', forge, 'rollback to s')).toBe('accepted')
  })

  it('is looked at by the leader of a parallel query', async () => {
    await admin.sql`
      insert into audit_events (seller_id, seq, at, actor_kind, action, target, data, prev_hash, hash)
      select ${a.sellerId}, n, now(), 'user', 'x', 'y', '{}', '', '' from generate_series(1, 2000) n`
    await admin.sql`analyze audit_events`
    const rows = await fresh.db.withSellerScope(a.entry, async (scope) => {
      for (
        const setting of [
          'parallel_setup_cost = 0',
          'parallel_tuple_cost = 0',
          'min_parallel_table_scan_size = 0',
          'enable_indexscan = off',
          'enable_indexonlyscan = off',
          'enable_bitmapscan = off',
        ]
      ) await rowsOf(scope, `set local ${setting}`)
      const query = 'select count(*)::int as count from audit_events'
      const plan = (await rowsOf(scope, `explain (costs off) ${query}`)).map((row) =>
        String(row['QUERY PLAN'])
      )
      expect(plan.some((line) => line.includes('Gather'))).toBe(true)
      expect(plan.filter((line) => /^ *InitPlan \d+$/.test(line))).toHaveLength(1)
      return await rowsOf(scope, query)
    })
    expect(rows).toEqual([{ count: 2_000 }])
  })
})
