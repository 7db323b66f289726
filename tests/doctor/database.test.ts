/** What the doctor reads of a database: a healthy one has no fault, and each of these is found. */
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSweeps } from '../../core/queues/sweeps.ts'
import { command } from '../../core/db/sql.ts'
import { newId } from '../../core/ids.ts'
import { silentLog } from '../../core/log.ts'
import { walk } from '../../scripts/doctor/account/links.ts'
import { checks } from '../../scripts/doctor/checks.ts'
import type { Ground } from '../../scripts/doctor/ground.ts'
import { readersOf } from '../../scripts/doctor/readers.ts'
import { createGet, runChecks } from '../../scripts/doctor/run.ts'
import { migrateAll } from '../../scripts/migrate.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeAccount,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import { canary } from '../support/canary.ts'
import { breaks } from './breaks.ts'

const secret = `${canary}-of-the-doctor-9f2c7b1e5d`
const plugin = fileURLToPath(new URL('../support/bazaar/mod.ts', import.meta.url))
let fresh: FreshDatabase
let seller: TestSeller
let accountId: string
let env: Record<string, string>
beforeAll(async () => {
  fresh = await freshDatabase()
  env = {
    DATABASE_URL: fresh.urls.app,
    DATABASE_PLATFORM_URL: fresh.urls.platform,
    DATABASE_OWNER_URL: fresh.urls.owner,
    ROBNU_SECRET: secret,
    ROBNU_JWT_KEYS: '{"keys":[{"kty":"OKP"}]}',
    ROBNU_AUDIT_KEYS: '{"keys":[{"kty":"OKP"}]}',
    ROBNU_PLUGINS: plugin,
    // Redis or AWS of this machine are nobody's business here
    AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
  }
  await migrateAll(env, () => {})
  seller = await makeSeller(fresh.db)
  accountId = await makeAccount(fresh, seller)
  await change(`insert into schedules (seller_id, marketplace_account_id, target, cron, next_run_at)
    values ('${seller.sellerId}', '${accountId}', 'ORDERS', '*/15 * * * *', now() + interval '1 hour')`)
})
afterAll(() => fresh.close())

const change = (text: string) => fresh.asSuperuser((sql) => sql.unsafe(text))
const ground = (more: Partial<Ground> = {}): Ground => ({
  ...{ env, isLocal: false, home: 'nowhere', project: 'nowhere', now: () => new Date() },
  ...{ fetch, readOnly: true },
  ...more,
})
const ofDatabase = checks.filter(({ of }) =>
  ['logins', 'server', 'schema', 'scope', 'work', 'plans', 'accounts', 'audit'].includes(of)
)
const look = (more: Partial<Ground> = {}, asked = ofDatabase) =>
  runChecks(asked, createGet(readersOf(ground(more))))
/** The suite's server is not durable on purpose and belongs to many; nobody is staff here. */
const ofTheSuite = ['database-forgets', 'connections-few', 'no-staff']
const unwell = async (more: Partial<Ground> = {}, asked = ofDatabase) =>
  (await look(more, asked)).filter(({ state, code }) =>
    (state === 'fault' || state === 'warning') && !ofTheSuite.includes(code)
  )
const codes = async (more?: Partial<Ground>, asked = ofDatabase) =>
  (await unwell(more, asked)).map(({ code }) => code)
/** Those that judge the same facts as one of these. */
const besides = (found: readonly string[]) => {
  const names = new Set(ofDatabase.filter(({ code }) => found.includes(code)).map(({ of }) => of))
  return ofDatabase.filter(({ of }) => names.has(of))
}

const walked = async () => walk(await createGet(readersOf(ground({ accountId })))('account'))

describe('a database that is well', () => {
  it('has no fault and no warning, and everything was looked at', async () => {
    expect(await unwell()).toEqual([])
    const left = (await look()).filter(({ state }) => state === 'left-out')
    expect(left).toEqual([])
  })

  it('is looked at without its owner as far as that goes', async () => {
    const { DATABASE_OWNER_URL: _owner, ...rest } = env
    const results = await look({ env: rest })
    expect(await unwell({ env: rest })).toEqual([])
    const left = results.filter(({ state }) => state === 'left-out').map(({ code }) => code)
    expect(left).toEqual([
      'migrations-pending',
      'migration-edited',
      'database-newer',
      'plan-exceeded',
    ])
  })

  it('has an account whose sync nothing holds up but the sweeps that nobody has started', async () => {
    const { broken, links } = await walked()
    expect(broken).toMatchObject({ link: 'sweep', told: 'nobody has ever started it' })
    expect(links.filter(({ state }) => state === 'fault')).toHaveLength(1)
  })
})

describe('a database that is not well', () => {
  it.each(breaks)(
    '%s is found, and nothing else of these facts',
    async (_name, how, back, expected) => {
      await change(how(seller))
      try {
        const found = await codes({}, besides(expected))
        expect(found.toSorted()).toEqual(expected.toSorted())
      } finally {
        await change(back)
      }
    },
  )

  it('is well again when all of that is mended', async () => {
    expect(await codes()).toEqual([])
  })

  it('finds another secret, a superuser, a login that is nobody and one that is twice', async () => {
    expect(await codes({ env: { ...env, ROBNU_SECRET: `another ${secret}` } }))
      .toEqual(['scope-key-unknown'])
    const superuser = await fresh.asSuperuser((sql) => Promise.resolve(sql.options))
    const url = new URL(env['DATABASE_URL'] ?? '')
    url.username = String(superuser.user)
    url.password = String(superuser.pass)
    expect(await codes({ env: { ...env, DATABASE_URL: url.href } })).toContain('login-too-strong')
    url.username = 'robnu_app'
    url.password = 'wrong'
    const results = await unwell({ env: { ...env, DATABASE_URL: url.href } })
    expect(results).toMatchObject([{ code: 'database-unreachable' }])
    expect(results[0]?.told).toContain('the password is refused')
    // whoever owns nothing may not migrate
    const app = env['DATABASE_URL'] ?? ''
    expect(await codes({ env: { ...env, DATABASE_OWNER_URL: app } }))
      .toEqual(expect.arrayContaining(['roles-missing', 'owner-may-not-create']))
    const twice = { ...env, DATABASE_PLATFORM_URL: env['DATABASE_URL'] }
    expect(await codes({ env: twice })).toEqual(
      expect.arrayContaining(['logins-alike', 'roles-missing']),
    )
  })

  it('leaves out what depends on a database that is not there', async () => {
    const nowhere = 'postgres://robnu_app:x@127.0.0.1:1/robnu'
    const away = {
      DATABASE_URL: nowhere,
      DATABASE_PLATFORM_URL: nowhere,
      DATABASE_OWNER_URL: nowhere,
    }
    const results = await look({ env: { ...env, ...away } })
    const told = (state: string) => results.filter((one) => one.state === state)
    expect(told('fault').map(({ code }) => code)).toEqual(['database-unreachable'])
    expect(told('warning')).toEqual([])
    expect(told('left-out').length).toBeGreaterThan(40)
  })

  it('says of an empty database that it has to be migrated', async () => {
    const empty = (url: string) => url.replace(/\/[^/?]+(?=\?|$)/, '/postgres')
    const urls = Object.fromEntries(
      Object.entries(env).map((
        [name, value],
      ) => [name, /^DATABASE/.test(name) ? empty(value) : value]),
    )
    expect(await codes({ env: urls })).toEqual(
      expect.arrayContaining(['never-migrated', 'migrations-pending']),
    )
  })
})

describe('the sweeps', () => {
  const ofSweeps = checks.filter(({ of }) => of === 'sweeps')
  const found = async (at = new Date()) => {
    const results = await runChecks(ofSweeps, createGet(readersOf(ground({ now: () => at }))))
    return results.filter(({ state }) => state !== 'ok').map(({ code, state }) =>
      `${code} ${state}`
    )
  }

  it('are seen as never started, as running, as failed, and as late', async () => {
    const notRedis = 'redis-forgets left-out'
    expect(await found()).toEqual([notRedis, 'sweeps-never-started fault', 'sweeps-late left-out'])
    let ended = () => {}
    const failing = new Promise<void>((resolve) => ended = resolve)
    const running = await startSweeps({
      connection: { postgresUrl: fresh.urls.platform, schema: 'bullmq' },
      log: { ...silentLog, with: () => ({ ...silentLog, error: () => ended() }) },
      sweeps: [{
        id: 'scheduling-sweep',
        cron: '*/5 * * * *',
        run: () => Promise.reject(new Error('no such table')),
      }],
    })
    await failing
    await running.close()
    expect(await found())
      .toEqual([notRedis, 'sweeps-never-started warning', 'sweep-failed warning'])
    const later = new Date(Date.now() + 3_600_000)
    expect(await found(later)).toContain('sweeps-late fault')
    expect((await walked()).broken).toBeNull()
  })

  it('are not what an account waits for whose message, worker or run is missing', async () => {
    const { sellerId } = seller
    await fresh.db.withPlatformScope(
      'test',
      (tx) =>
        tx.run(
          command`select request_work(${sellerId}, ${accountId}, 'ORDERS', 'manual', ${newId()},
        ${newId()}, ${newId()}, 'account-sync', null, null, null)`,
        ),
    )
    expect((await walked()).broken).toBeNull()
    await change(`update outbox set not_before = now() - interval '1 hour'`)
    expect((await walked()).broken).toMatchObject({ link: 'outbox' })
    await change(`update outbox set sent_at = now();
      update work_items set not_before = now() - interval '1 hour'`)
    expect((await walked()).broken).toMatchObject({ link: 'work' })
    expect(await codes()).toEqual(['work-waits'])
    await change(`update work_items set state = 'DONE';
      update job_runs set state = 'FAILED', failure_kind = 'auth', failure_message = 'Refused',
        finished_at = now()`)
    const { broken } = await walked()
    expect(broken).toMatchObject({ link: 'run' })
    expect(broken?.told).toContain('auth: Refused')
  })
})
