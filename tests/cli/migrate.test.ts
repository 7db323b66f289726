/** `robnu migrate`: what would be applied, what is, and whether the database is as it should be. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type EmptyDatabase, emptyDatabase } from '../migrations/empty-database.ts'
import { robnu, testSecret } from './support.ts'

let database: EmptyDatabase
let env: Record<string, string>
beforeAll(async () => {
  database = await emptyDatabase()
  env = { DATABASE_OWNER_URL: database.ownerUrl, ROBNU_SECRET: testSecret, ROBNU_PLUGINS: '' }
})
afterAll(() => database?.close())

const run = (...args: readonly string[]) => robnu(['migrate', ...args], { env })

it('lists before it applies, applies once, and finds nothing wrong', async () => {
  const fromNothing = (await run('status', '--json')).json()
  expect(fromNothing).toMatchObject({ applied: null, edited: [], newer: [] })
  const { pending } = fromNothing as { pending: readonly string[] }
  expect(pending.length).toBeGreaterThan(25)
  const planned = await run('up', '--dry-run')
  expect(planned.out).toBe(pending.map((file) => `Would apply ${file}\n`).join(''))
  expect((await run('status')).out).toMatch(
    /^Nobody has migrated this database yet\nPending core\//,
  )
  expect((await run('verify')).code).toBe(1)

  const done = await run()
  expect(done.out).toMatch(new RegExp(`Applied ${pending.at(-1)}\nApplied ${pending.length}\n$`))
  expect((await run('--json')).json()).toEqual({ applied: [] })
  expect((await run('--dry-run')).out).toBe('Nothing to apply\n')
  expect((await run('status')).out).toBe(`Applied ${pending.length}\n`)
  const verified = await run('verify', '--json')
  expect(verified.json()).toMatchObject({ ok: true, faults: [], files: pending.length })
  expect(verified.code).toBe(0)
})

it('names an edited file and an open table', async () => {
  await database.asOwner(async (sql) => {
    await sql`update schema_migrations set checksum = 'x' where number = 3`
    await sql`create table loose (id uuid)`
  })
  const status = await run('status')
  expect(status.code).toBe(1)
  expect(status.err).toMatch(/^Edited {2}core\/0003_keys\.sql: restore it/)
  expect((await run('--dry-run')).err).toMatch(/^Would refuse core\/0003_keys\.sql/)
  const { code, err } = await run('verify')
  expect(code).toBe(1)
  expect(err).toMatch(/^core\/0003_keys\.sql: was changed/)
  expect(err).toContain('\nloose: ')
})

it('tells every fault of its environment at once', async () => {
  const { code, err } = await robnu(['migrate'], { env: { ROBNU_PLUGINS: '' } })
  expect([code, err]).toEqual([
    1,
    expect.stringMatching(/2 fault\(s\)\n {2}DATABASE_OWNER_URL: [^\n]+\n {2}ROBNU_SECRET: /),
  ])
  expect((await run('verify', '--dry-run')).code).toBe(2)
  expect((await run('upp')).err).toMatch(/Did you mean "up"\?/)
  expect((await run('up', 'again')).err).toMatch(/^"up" takes no "again"\n/)
})
