/** `robnu staff`, as whoever runs the platform calls it. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createPasswordHasher } from '../../core/auth/passwords.ts'
import { createTotpVault } from '../../core/auth/totp-vault.ts'
import { base32 } from '../../core/auth/totp.ts'
import { numberSecrets } from '../../core/crypto/numbered.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { environmentOf, robnu, testSecret } from './support.ts'

let fresh: FreshDatabase
let env: Record<string, string>
beforeAll(async () => {
  fresh = await freshDatabase()
  env = environmentOf(fresh)
})
afterAll(() => fresh?.close())

const run = (...args: readonly string[]) => robnu(['staff', ...args], { env })
const trail = async (): Promise<string[]> =>
  (await fresh.asSuperuser((sql) => sql`select action, data from org_audit_events order by seq`))
    .map(({ action, data }) => `${action} ${JSON.parse(data)['by']}`)

it('shows password and authenticator of a new member once, and takes the member away', async () => {
  const email = 'meera@robnu.example'
  const planned = await run('add', email, 'Meera', '--dry-run')
  expect(planned).toMatchObject({ code: 0, out: `Would add ${email}\n` })
  expect((await run('list')).out).toBe('')

  const { code, out } = await run('add', 'Meera@Robnu.example', 'Meera', 'of', 'support')
  expect(code).toBe(0)
  const password = /password +(\S+)/.exec(out)?.[1] ?? ''
  const [row] = await fresh.asSuperuser((sql) => sql`select * from super_admins`)
  expect([row?.['email'], row?.['name']]).toEqual([email, 'Meera of support'])
  const secrets = numberSecrets(testSecret)
  const hasher = createPasswordHasher({ secrets })
  expect(await hasher.verify(password, row?.['password_hash'])).toBe(true)
  await hasher.close()
  const totp = createTotpVault(secrets).open(row?.['id'], row?.['totp_secret_enc'])
  expect(out).toContain(`authenticator ${totp && base32(totp)}\n`)
  expect((await run('list')).out).toBe(`${email}  Meera of support\n`)

  for (const dry of [[], ['--dry-run']]) {
    const again = await run('add', email, 'Meera', ...dry)
    expect([again.code, again.out]).toEqual([1, ''])
    expect(again.err).toMatch(/there is somebody of this address/)
  }
  const renewed = (await run('renew', email, '--json', '--by', 'meera')).json()
  expect(renewed).toEqual({
    email,
    password: expect.stringMatching(/^\S{24}$/),
    secret: expect.any(String),
    uri: expect.stringContaining('otpauth://'),
  })
  expect(renewed['password']).not.toBe(password)
  expect((await run('remove', email, '--dry-run')).code).toBe(0)
  expect((await run('list', '--json')).json()).toMatchObject({ staff: [{ email }] })
  expect((await run('remove', email)).code).toBe(0)
  expect((await run('list')).out).toBe('')
  const gone = await run('remove', email)
  expect([gone.code, gone.err]).toEqual([1, 'There is no member of staff of this address\n'])
  expect(await trail()).toEqual(['staff.added ravi', 'staff.renewed meera', 'staff.removed ravi'])
})

it('asks for what is missing before it opens anything', async () => {
  expect((await robnu(['staff', 'list'])).err).toContain('the configuration has 5 fault(s)')
  for (
    const [args, message] of [
      [[], /^Say what to do: add, renew, remove, list\n/],
      [['lst'], /^There is no "lst" here\nDid you mean "list"\?/],
      [['add', 'a@b.example'], /^Name <email> and <name>\n/],
      [['remove'], /^Name <email>\n/],
      [['list', 'all'], /^"list" takes no "all"\n/],
      [['list', '--dry-run'], /^"staff list" changes nothing/],
      [['remove', 'a@b.example', '--by', 'two words'], /^--by takes/],
    ] as const
  ) {
    const { code, err } = await run(...args)
    expect(code, args.join(' ')).toBe(2)
    expect(err).toMatch(message)
  }
  const nameless = await robnu(['staff', 'renew', 'a@b.example'], { env: { ...env, USER: '' } })
  expect(nameless).toMatchObject({ code: 2, err: expect.stringMatching(/^Say who does it/) })
})
