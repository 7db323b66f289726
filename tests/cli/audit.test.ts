/** `robnu audit`: verifies what lies in the database and what was exported, and exports it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { recordAudit } from '../../core/audit/record.ts'
import { signDigests } from '../../core/audit/sign-digests.ts'
import { createSigner } from '../../core/crypto/signing.ts'
import { newId } from '../../core/ids.ts'
import { silentLog } from '../../core/log.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import { environmentOf, robnu } from './support.ts'

let fresh: FreshDatabase
let env: Record<string, string>
let seller: TestSeller
const folder = mkdtempSync(join(tmpdir(), 'robnu-audit-'))
beforeAll(async () => {
  fresh = await freshDatabase()
  env = environmentOf(fresh)
  seller = await makeSeller(fresh.db)
  await makeSeller(fresh.db)
  await fresh.db.withPlatformScope('test', (tx) => {
    for (let event = 0; event < 3; event++) {
      recordAudit(tx, seller.sellerId, 'seller.created', `seller:${seller.sellerId}`)
    }
    return Promise.resolve()
  })
  const signer = createSigner(JSON.parse(env['ROBNU_AUDIT_KEYS'] ?? ''))
  await signDigests(fresh.db, { signer, now: () => new Date(), log: silentLog })
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await fresh?.close()
})

const run = (...args: readonly string[]) => robnu(['audit', ...args], { env })
const file = (name: string) => join(folder, name)

it('exports a trail with its own event, and verifies the file as sellers do', async () => {
  const { sellerId } = seller
  const planned = (await run('export', sellerId, '--dry-run', '--json')).json()
  expect(planned).toEqual({ would: { seller: sellerId, events: 4 } })
  const out = file('export.jsonl')
  const made = (await run('export', sellerId, '--out', out, '--by', 'meera', '--json')).json()
  expect(made).toEqual({ seller: sellerId, lines: 6, file: out })
  const lines = readFileSync(out, 'utf8').trimEnd().split('\n')
  expect(JSON.parse(lines[4] ?? '')).toMatchObject({
    ...{ action: 'audit.exported', actorKind: 'system' },
    data: '{"by":"meera","events":3,"filtered":false}',
  })
  const again = await run('export', sellerId, '--out', out)
  expect(again).toMatchObject({ code: 1, err: expect.stringContaining('it is there already') })
  expect((await run('export', sellerId)).out.split('\n')).toHaveLength(8)

  const { keys } = JSON.parse(env['ROBNU_AUDIT_KEYS'] ?? '')
  const publics = keys.map(({ d: _private, ...key }: { d: string }) => key)
  writeFileSync(file('keys.json'), JSON.stringify({ keys: publics }))
  writeFileSync(file('kept.jsonl'), `${lines.at(-1)}\n`)
  const given = ['--keys', file('keys.json'), '--digests', file('kept.jsonl')]
  // a file needs no environment
  const verified = await robnu(['audit', 'verify', out, ...given])
  expect(verified).toMatchObject({ code: 0, out: expect.stringMatching(/^OK: 4 events/) })
  writeFileSync(file('edited.jsonl'), lines.join('\n').replace('meera', 'ravi'))
  const edited = await run('verify', file('edited.jsonl'), ...given, '--json')
  expect(edited.code).toBe(1)
  expect(edited.json()).toMatchObject({ ok: false, faults: [{ seq: 4, reason: 'edited' }] })
  const nothing = await run('verify', file('nowhere.jsonl'), '--json')
  expect(nothing.code).toBe(2)
  expect(nothing.json()).toMatchObject({ error: { message: /^Cannot verify: / } })
})

it('verifies every trail where it lies, and names the first bad event', async () => {
  const whole = await run('verify')
  expect(whole).toMatchObject({
    code: 0,
    out: expect.stringMatching(/OK: \d+ trails, \d+ events\n$/),
  })
  expect((await run('verify', seller.sellerId, '--json')).json())
    .toMatchObject({ ok: true, trails: 1, broken: [] })
  expect(await run('verify', newId())).toMatchObject({ code: 1, out: '' })

  const other = environmentOf(fresh)['ROBNU_AUDIT_KEYS']
  const forged = await robnu(['audit', 'verify', seller.sellerId, '--json'], {
    env: { ...env, ROBNU_AUDIT_KEYS: other },
  })
  expect(forged.code).toBe(1)
  expect(forged.json()).toMatchObject({ broken: [{ fault: { reason: 'digest-forged' } }] })

  await fresh.asSuperuser(async (sql) => {
    await sql`alter table audit_events disable trigger all`
    await sql`update audit_events set action = 'seller.renamed'
      where seller_id = ${seller.sellerId} and seq = 2`
  })
  const broken = await run('verify', '--json')
  expect(broken.code).toBe(1)
  expect(broken.json()).toMatchObject({
    ok: false,
    broken: [{ of: 'seller', id: seller.sellerId, fault: { seq: 2, reason: 'edited' } }],
  })
  expect((await run('verify')).err).toMatch(/^BROKEN {2}seller \S+: event 2: edited\n$/)
})

it('takes what it needs and no more', async () => {
  for (
    const [args, message] of [
      [['export'], /^Name the id of a seller/],
      [['export', seller.sellerId, '--json'], /^With --json an export goes to a file/],
      [['verify', '--dry-run'], /^"audit verify" changes nothing/],
      [['verify', 'a', 'b'], /too many/],
    ] as const
  ) {
    const { code, err } = await run(...args)
    expect(code, args.join(' ')).toBe(2)
    expect(err).toMatch(message)
  }
})
