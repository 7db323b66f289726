/** A product surface at both levels of trust: the same calls, the same rows, the same refusals. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPluginDatabases } from '../../../core/boot/plugin-databases.ts'
import { readCatalog } from '../../../core/db/catalog.ts'
import { coreAllow } from '../../../core/db/catalog-allow.ts'
import { catalogFaults } from '../../../core/db/catalog-rules.ts'
import { plainStatement } from '../../../core/db/sql.ts'
import { madeBefore } from '../../../core/db/once.ts'
import { type Host, openHost, stopProcesses } from '../../../core/host/host.ts'
import { migrateHost } from '../../../core/host/migrate.ts'
import { pluginRoutes } from '../../../core/http/plugin-routes.ts'
import { createJobContext, type PluginDeps } from '../../../core/ledger/plugin-context.ts'
import { consumersOf, runJob } from '../../../core/ledger/plugin-jobs.ts'
import { createUpstream } from '../../../core/ledger/upstream.ts'
import { silentLog } from '../../../core/log.ts'
import type { JobContext, Plugin } from '../../../core/plugin.ts'
import { runWorkItem } from '../../../core/queues/run-work.ts'
import { bazaarDir } from '../../support/bazaar/world.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeSeller,
  type TestSeller,
} from '../../support/database.ts'
import { urlOfPlugin } from '../../support/plugin-logins.ts'
import { testScopeKey } from '../../support/scope-key.ts'

const coreFolder = new URL('../../../migrations/', import.meta.url)
const closed = { additionalProperties: false }
const line = {
  ...{ type: 'object', required: ['id', 'text'], ...closed },
  properties: {
    id: expect.objectContaining({ type: 'string', format: 'uuid' }),
    text: { type: 'string' },
  },
}
/** The same description, wherever the schemas are. */
const wanted = [
  ['get', {
    answer: {
      ...{ type: 'object', required: ['lines', 'orders'], ...closed },
      properties: {
        lines: { type: 'array', items: line },
        orders: expect.objectContaining({ type: 'integer' }),
      },
    },
  }],
  ['post', {
    body: {
      ...{ type: 'object', required: ['text'] },
      properties: { text: { type: 'string', maxLength: 200 } },
    },
    answer: line,
  }],
]

describe.each(['in-process', 'isolated'] as const)('a surface %s', (trust) => {
  let fresh: FreshDatabase
  let host: Host
  let plugin: Plugin
  let deps: PluginDeps
  let databases: ReturnType<typeof openPluginDatabases>
  let seller: TestSeller
  let other: TestSeller
  beforeAll(async () => {
    fresh = await freshDatabase()
    host = await openHost([{ use: './notes/mod.ts', config: undefined, trust }], bazaarDir)
    const [first] = host.plugins
    if (!first) throw new Error('unreachable: it was loaded')
    plugin = first.plugin
    await migrateHost({
      ...{ ownerUrl: fresh.urls.owner, coreFolder, scopeKey: testScopeKey, host, log: () => {} },
    })
    databases = openPluginDatabases({
      ...{ urls: { notes: urlOfPlugin(fresh, 'notes') }, scopeKey: testScopeKey, now: Date.now },
    })
    deps = {
      ...{ db: fresh.db, dbOf: databases.dbOf, configOf: host.configOf, fetch, log: silentLog },
      upstreamOf: () => createUpstream(undefined, Date.now),
    }
    seller = await makeSeller(fresh.db)
    other = await makeSeller(fresh.db)
  })
  afterAll(async () => {
    await stopProcesses(host?.plugins ?? [])
    await databases?.close()
    await fresh?.close()
  })

  const signal = new AbortController().signal
  const contextOf = (
    whose: TestSeller,
    once?: NonNullable<TestSeller['entry']['once']>,
  ): JobContext =>
    createJobContext(deps, plugin, {
      ...{ key: 'request', signal },
      entry: { ...whose.entry, ...once ? { once } : {} },
    })
  const route = (method: string) => {
    const found = plugin.routes?.find((one) => one.method === method)
    if (!found) throw new Error(`There is no ${method}`)
    return found
  }
  const list = (whose: TestSeller) =>
    route('get').handle({ params: {}, query: {}, body: {} }, contextOf(whose))
  const keyOf = (key: string) => ({
    ...{ route: 'POST /v1/notes', key, fingerprint: new Uint8Array(32), status: 200 },
    onMade: () => {},
  })

  it('makes once what a request with a key asks for, sends its job and records it', async () => {
    const ask = () =>
      route('post').handle(
        { params: {}, query: {}, body: { text: 'first' } },
        contextOf(seller, keyOf('a')),
      )
    const made = await ask()
    expect(made).toEqual({ id: expect.any(String), text: 'first' })
    const again = await ask().catch((error: unknown) => error)
    expect(madeBefore(again)?.resourceId).toBe(made.id)
    expect(await route('post').replay?.(made.id, contextOf(seller))).toEqual(made)
    expect(await list(seller)).toEqual({ lines: [made], orders: 0 })
    expect(await list(other)).toEqual({ lines: [], orders: 0 })
    const events = await fresh.asSuperuser((admin) =>
      admin`select action, target, data, actor_kind from audit_events
        where seller_id = ${seller.sellerId}`
    )
    expect(events.map((row) => ({ ...row }))).toEqual([{
      ...{
        action: 'notes.line.written',
        target: `line:${made.id}`,
        data: '{}',
        actor_kind: 'user',
      },
    }])
  })

  it('handles its job once, however often it is delivered', async () => {
    const [message] = await fresh.asSuperuser((admin) =>
      admin<{ body: { sellerId: string; workItemId: string } }[]>`
        select body from outbox where seller_id = ${seller.sellerId} and queue = 'notes-later'`
    )
    if (!message) throw new Error('unreachable: the route has sent it')
    const deliver = () =>
      runWorkItem(fresh.db, message.body, (work, signals) => {
        if (work.target !== 'JOB') throw new Error('unreachable: it is a job')
        return runJob({ ...deps, consumers: consumersOf([plugin]) }, work, signals)
      }, { log: silentLog, signal, waitMs: 0 })
    expect(await deliver()).toBe('done')
    expect(await deliver()).toBe('done')
    const { lines } = await list(seller)
    expect(lines.map((line: { text: string }) => line.text)).toEqual([
      'first',
      `first of ${message.body.workItemId}`,
    ])
    const inbox = await fresh.asSuperuser((admin) => admin`select work_item_id from inbox`)
    expect(inbox).toHaveLength(1)
  })

  it('checks bodies by its own schema', async () => {
    const result = await route('post').body?.['~standard'].validate({ text: 7 })
    expect(result?.issues?.map(({ path }) => path)).toEqual([['text']])
  })

  it('describes its routes for the API', () => {
    const routes = pluginRoutes([{
      ...{ pluginId: plugin.id, routes: plugin.routes ?? [], contextOf: () => contextOf(seller) },
    }])
    expect(routes.map(({ method, described }) => [method, described])).toEqual(wanted)
  })

  const isIsolated = trust === 'isolated'
  if (isIsolated) {
    it('runs as its own login, which reaches nothing else', async () => {
      const own = databases.dbOf(plugin)
      if (!own) throw new Error('unreachable: it is isolated')
      // past the reading of its text: what the database itself refuses
      const ask = (...statements: readonly string[]) =>
        own.withSellerScope(seller.entry, async (scope) => {
          let rows: readonly unknown[] = []
          for (const one of statements) rows = await scope.any(plainStatement(one, []))
          return rows
        })
      expect(await ask('select current_user::text as who, session_user::text as login')).toEqual([
        { who: 'robnu_plugin_notes', login: 'robnu_plugin_notes' },
      ])
      expect(await ask('select count(id)::int as n from orders')).toEqual([{ n: 0 }])
      const refused = [
        'select * from orders',
        'select id from sellers',
        'select customer_name_enc from orders',
        "update orders set status = 'LOST'",
        'delete from marketplace_accounts',
        'select id from sessions',
        'select id from work_items',
        'select key from idempotency_keys',
        'select * from scope_keys',
        "select set_config('role', 'robnu_tenant', true)",
        "select set_config('role', 'robnu_app', true)",
        'select wake_work(gen_random_uuid(), gen_random_uuid())',
        `select request_job(gen_random_uuid(), gen_random_uuid(), 'account-sync', null, '{}')`,
        `select audit_append('${seller.sellerId}', 'user.added', 'user:x', '{}')`,
        `select audit_append('${seller.sellerId}', 'notes.x', 'user:x', '{"a":1}')`,
        `select audit_append('${other.sellerId}', 'notes.x', 'user:x', '{}')`,
        `insert into inbox (seller_id, work_item_id) values ('${seller.sellerId}', '${randomUUID()}')`,
        `insert into notes_lines values ('${other.sellerId}', '${randomUUID()}', 'foreign')`,
      ]
      for (const statement of refused) {
        await expect(ask(statement), statement).rejects.toMatchObject({ code: '42501' })
      }
      // settings may be written, and then no scope is open
      const forged = `select set_config('app.current_seller_id', '${other.sellerId}', true)`
      await expect(ask(forged, 'select * from notes_lines')).rejects.toMatchObject({
        code: '42501',
      })
    })
  }

  if (isIsolated) {
    it('is granted the same at every migrate, and the catalog has no fault', async () => {
      const grants = () =>
        fresh.asSuperuser((admin) =>
          admin`
            select c.relname, p.polname, p.polcmd from pg_policy p join pg_class c on c.oid = p.polrelid
            where p.polroles = array['robnu_plugin_notes'::regrole::oid] order by 1, 2`
        )
      const before = await grants()
      expect(before.length).toBeGreaterThan(20)
      await migrateHost({
        ...{ ownerUrl: fresh.urls.owner, coreFolder, scopeKey: testScopeKey, host, log: () => {} },
      })
      expect(await grants()).toEqual(before)
      const faults = await fresh.asSuperuser(async (admin) => {
        const [{ name } = { name: '' }] = await admin<
          { name: string }[]
        >`select current_user as name`
        return catalogFaults(await readCatalog(admin), coreAllow([name]))
      })
      expect(faults).toEqual([])
    })

    it('without a URL of its login does not start, and says what to do', async () => {
      const entries = [{ use: './notes/mod.ts', config: undefined, trust }] as const
      await expect(openHost(entries, bazaarDir, { databases: {} })).rejects.toThrow(
        'notes trust: has tables, routes or consumers and no login of its own: run what "robnu plugins login notes" prints',
      )
      // an adapter alone needs none
      const adapter = await openHost(
        [{ use: './mod.ts', config: undefined, trust }],
        ...[bazaarDir, { databases: {} }] as const,
      )
      await stopProcesses(adapter.plugins)
    })

    it('that is out of the host for a moment does not come back to our own login', async () => {
      const none = openPluginDatabases({ urls: {}, scopeKey: testScopeKey, now: Date.now })
      const context = createJobContext({ ...deps, dbOf: none.dbOf }, plugin, {
        ...{ key: 'request', signal, entry: seller.entry },
      })
      await expect(context.scope(() => Promise.resolve())).rejects.toThrow('has no login')
    })
  }
})
