/** `npm run staff`, as whoever runs the platform calls it. */
import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createPasswordHasher } from '../../core/auth/passwords.ts'
import { createTotpVault } from '../../core/auth/totp-vault.ts'
import { base32 } from '../../core/auth/totp.ts'
import { numberSecrets } from '../../core/crypto/numbered.ts'
import { newId } from '../../core/ids.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'

const script = fileURLToPath(new URL('../../scripts/staff.ts', import.meta.url))
const secret = 'a secret of a test, 32 characters or more'
let fresh: FreshDatabase
beforeAll(async () => {
  fresh = await freshDatabase()
})
afterAll(() => fresh?.close())

const newKey = () => {
  const { privateKey } = generateKeyPairSync('ed25519')
  return JSON.stringify({
    keys: [{ ...privateKey.export({ format: 'jwk' }), kid: newId(), alg: 'EdDSA', use: 'sig' }],
  })
}
const run = async (...args: readonly string[]) => {
  const runtime = 'Deno' in globalThis ? ['run', '-A'] : []
  const env = {
    ...process.env,
    DATABASE_URL: fresh.urls.app,
    DATABASE_PLATFORM_URL: fresh.urls.platform,
    ROBNU_JWT_KEYS: newKey(),
    ROBNU_AUDIT_KEYS: newKey(),
    ROBNU_SECRET: secret,
    ROBNU_PLUGINS: '',
  }
  try {
    const done = await promisify(execFile)(process.execPath, [...runtime, script, ...args], { env })
    return { code: 0, ...done }
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string }
  }
}

it('shows password and authenticator of a new member once, and takes the member away', async () => {
  const email = 'meera@robnu.example'
  const { code, stdout } = await run('add', 'Meera@Robnu.example', 'Meera', 'of', 'support')
  expect(code).toBe(0)
  const password = /password +(\S+)/.exec(stdout)?.[1] ?? ''
  const [row] = await fresh.asSuperuser((sql) => sql`select * from super_admins`)
  expect([row?.['email'], row?.['name']]).toEqual([email, 'Meera of support'])
  const secrets = numberSecrets(secret)
  const hasher = createPasswordHasher({ secrets })
  expect(await hasher.verify(password, row?.['password_hash'])).toBe(true)
  await hasher.close()
  const totp = createTotpVault(secrets).open(row?.['id'], row?.['totp_secret_enc'])
  expect(stdout).toContain(`authenticator ${totp && base32(totp)}\n`)
  expect((await run('list')).stdout).toBe(`${email}  Meera of support\n`)

  const again = await run('add', email, 'Meera')
  expect([again.code, again.stdout]).toEqual([1, ''])
  expect(again.stderr).toMatch(/there is somebody of this address/)
  expect((await run('remove', email)).code).toBe(0)
  expect((await run('list')).stdout).toBe('')
  const gone = await run('remove', email)
  expect([gone.code, gone.stderr]).toEqual([1, 'There is no member of staff of this address\n'])
}, 60_000)
