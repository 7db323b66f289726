/** `app_enter` lets the living in, and what was sent behind a dead entry commits nothing. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database, Entry } from '../../core/db/database.ts'
import { openDatabase } from '../../core/db/scope.ts'
import { command } from '../../core/db/sql.ts'
import { newId } from '../../core/ids.ts'
import { finishWork } from '../../core/queues/work.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeAccount,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import {
  asSuperuser,
  type Connection,
  countRows,
  inScope,
  leaseWork,
  outcomeOf,
} from './attempts.ts'
import { testScopeKey as scopeKey } from '../support/scope-key.ts'

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

const writeOf = (sellerId: string) =>
  command`insert into outbox (seller_id, id, queue, group_key, body)
    values (${sellerId}, ${newId()}, 'q', 'g', '{}')`

/** Every way to write. */
const forms: Readonly<Record<string, (db: Database, entry: Entry) => Promise<unknown>>> = {
  'a single statement': (db, entry) => db.inSellerScope(entry).run(writeOf(entry.sellerId)),
  'a transaction': (db, entry) =>
    db.withSellerScope(entry, async (scope) => {
      await scope.run(writeOf(entry.sellerId))
      await scope.run(writeOf(entry.sellerId))
    }),
  'a transaction that only commits': (db, entry) =>
    db.withSellerScope(entry, (scope) => {
      scope.atCommit(writeOf(entry.sellerId))
      return Promise.resolve()
    }),
}
const refuse = async (code: string, db: Database, entry: Entry): Promise<void> => {
  const written = (sellerId: string) => countRows(admin, 'outbox', `seller_id = '${sellerId}'`)
  const before = await written(entry.sellerId)
  for (const [form, write] of Object.entries(forms)) {
    expect(await outcomeOf(() => write(db, entry)), form).toBe(code)
  }
  expect(await written(entry.sellerId)).toBe(before)
}
const change = (text: string) => admin.sql.unsafe(text)

describe('a living session', () => {
  it('writes in every form', async () => {
    const { entry } = await makeSeller(fresh.db)
    for (const write of Object.values(forms)) {
      expect(await outcomeOf(() => write(fresh.db, entry))).toBe('accepted')
    }
    expect(await countRows(admin, 'outbox', `seller_id = '${entry.sellerId}'`)).toBe(4)
  })
})

describe('a session', () => {
  const deaths: Readonly<Record<string, (seller: TestSeller) => readonly [string, string]>> = {
    'that has expired': ({ sessionId }) => [
      'session-over',
      `update sessions set expires_at = now() - interval '1 second' where id = '${sessionId}'`,
    ],
    'that was revoked': ({ sessionId }) => [
      'session-over',
      `update sessions set revoked_at = now() where id = '${sessionId}'`,
    ],
    'that was deleted': ({ sessionId }) => [
      'session-over',
      `delete from sessions where id = '${sessionId}'`,
    ],
    'of a removed user': ({ userId }) => [
      'session-over',
      `update seller_users set removed_at = now() where id = '${userId}'`,
    ],
    'of a user with another role': ({ userId }) => [
      'stale-authz',
      `update seller_users set role = 'VIEWER', authz_version = authz_version + 1
       where id = '${userId}'`,
    ],
    'of a suspended seller': ({ sellerId }) => [
      'stale-authz',
      `update sellers set status = 'SUSPENDED', authz_version = authz_version + 1
       where id = '${sellerId}'`,
    ],
  }
  for (const [name, die] of Object.entries(deaths)) {
    it(`${name} is refused and writes nothing`, async () => {
      const seller = await makeSeller(fresh.db)
      const [code, text] = die(seller)
      await change(text)
      await refuse(code, fresh.db, seller.entry)
    })
  }

  it('that was closed by its user is refused and writes nothing', async () => {
    const { entry, sellerId, sessionId } = await makeSeller(fresh.db)
    await fresh.db.gate.run(command`select auth_close_session(${sellerId}, ${sessionId})`)
    await refuse('session-over', fresh.db, entry)
  })

  it('of another seller, or of nobody, is refused and writes nothing', async () => {
    const a = await makeSeller(fresh.db)
    const b = await makeSeller(fresh.db)
    await refuse('session-over', fresh.db, { ...a.entry, sellerId: b.sellerId })
    await refuse('session-over', fresh.db, { ...a.entry, sellerId: newId() })
    await refuse('session-over', fresh.db, { ...a.entry, ref: `${newId()}/1.1` })
    await refuse('lease-lost', fresh.db, { ...a.entry, kind: 'work', ref: `${newId()}/${newId()}` })
    const kind = 'staff' as Entry['kind']
    await refuse('session-over', fresh.db, { ...a.entry, kind })
  })

  it('with a reference that is none is refused and writes nothing', async () => {
    const { entry, sessionId } = await makeSeller(fresh.db)
    await refuse('22P02', fresh.db, { ...entry, ref: '' })
    await refuse('22P02', fresh.db, { ...entry, ref: `${sessionId}' or true --/1.1` })
    await refuse('stale-authz', fresh.db, { ...entry, ref: sessionId })
    await refuse('stale-authz', fresh.db, { ...entry, ref: `${sessionId}/` })
  })

  it('with an entry made long ago is refused and writes nothing', async () => {
    const { entry } = await makeSeller(fresh.db)
    const now = () => Date.now() - 120_000
    const late = await openDatabase({ url: fresh.urls.app, scopeKey, maxConnections: 1, now })
    await refuse('session-over', late, entry)
    await late.close()
  })
})

describe('a work item', () => {
  const newWork = async (leaseMs?: number) => {
    const seller = await makeSeller(fresh.db)
    return {
      seller,
      work: await leaseWork(fresh, seller, await makeAccount(fresh, seller), leaseMs),
    }
  }

  it('opens the scope of its seller to the worker that holds it', async () => {
    const { seller, work } = await newWork()
    const read = `select current_setting('app.actor') as actor, id from sellers`
    expect(await inScope(fresh.db, work.entry, read))
      .toEqual([{ actor: `run:${work.runId}`, id: seller.sellerId }])
  })

  it('that is not leased, or to another worker, is refused and writes nothing', async () => {
    const { work } = await newWork()
    const other = { ...work.entry, ref: `${work.itemId}/${newId()}` }
    await refuse('lease-lost', fresh.db, other)
    await fresh.db.withSellerScope(
      work.entry,
      (scope) => finishWork(scope, { ...work, state: 'WAITING', queue: 'q' }),
    )
    await refuse('lease-lost', fresh.db, work.entry)
  })

  it('whose lease is over is refused and writes nothing', async () => {
    const { work } = await newWork()
    await change(`update work_items set lease_until = now() - interval '1 millisecond'
      where id = '${work.itemId}'`)
    await refuse('lease-lost', fresh.db, work.entry)
  })

  it('that is done is refused and writes nothing', async () => {
    const { work } = await newWork()
    await fresh.db.withSellerScope(
      work.entry,
      (scope) => finishWork(scope, { ...work, state: 'DONE' }),
    )
    await refuse('lease-lost', fresh.db, work.entry)
  })

  it('of another seller is refused and writes nothing', async () => {
    const { work } = await newWork()
    const { sellerId } = await makeSeller(fresh.db)
    await refuse('lease-lost', fresh.db, { ...work.entry, sellerId })
  })
})
