/** The configuration: what a start needs, and every fault of it at once. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Environment, readConfig, readPlugins, readSecret } from '../core/config.ts'
import { defaultPolicies } from '../core/rate-limits.ts'

const jwtKeys = JSON.stringify({ keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'x', d: 'd' }] })
const sound: Environment = {
  DATABASE_URL: 'postgres://robnu_app@localhost/robnu',
  DATABASE_PLATFORM_URL: 'postgresql://robnu_platform@localhost/robnu',
  ROBNU_JWT_KEYS: jwtKeys,
  ROBNU_AUDIT_KEYS: jwtKeys,
  ROBNU_SECRET: 'a secret of at least 32 characters',
  ROBNU_PLUGINS: '',
}
const faultsOf = (env: Environment): readonly string[] => {
  try {
    readConfig(env)
  } catch (error) {
    const { faults } = error as { faults?: readonly string[] }
    if (faults) return faults
    throw error
  }
  throw new Error('The configuration was accepted')
}
const folderOf = async (files: Readonly<Record<string, string>>): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'robnu-config-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  return folder
}
/** The environment with this text as its robnu.config.json. */
const withFile = async (text: string, more: Environment = {}): Promise<Environment> => {
  const folder = await folderOf({ 'robnu.config.json': text })
  const { ROBNU_PLUGINS: _none, ...env } = sound
  return { ...env, ROBNU_CONFIG: join(folder, 'robnu.config.json'), ...more }
}
const plugins = (...uses: readonly unknown[]) => JSON.stringify({ plugins: uses })

describe('a configuration', () => {
  it('of four variables is enough, and the rest has its defaults', () => {
    const config = readConfig(sound)
    expect(config).toMatchObject({
      ...{ AWS_REGION: 'ap-south-1', HOST: '127.0.0.1', PORT: 8787, ROBNU_LOG: 'info' },
      ...{ ROBNU_RUN: ['api', 'worker', 'sweeps'], ROBNU_UPSTREAMS: {}, plugins: [] },
      ...{ AWS_S3_PER_SELLER_KMS: false, ROBNU_DOCS: true, ROBNU_LEASE_MS: 30_000 },
    })
    expect(Object.isFrozen(config)).toBe(true)
  })

  it('takes nothing from variables that it does not name', () => {
    const config = readConfig({ ...sound, HOME: '/nowhere', ROBNU_SOMETHING: '1' })
    expect(JSON.stringify(config)).not.toContain('nowhere')
    expect(config).not.toHaveProperty('ROBNU_SOMETHING')
  })

  it('reads numbers, truths, lists and clocks', () => {
    const clock = { at: '2026-01-01T00:00:00Z', upstream: '2022-06-30T00:00:00Z', speed: 3600 }
    const upstreams = {
      bazaar: { url: 'http://127.0.0.1:4010', clock },
      other: { url: 'http://x' },
    }
    const config = readConfig({
      ...sound,
      ...{ PORT: '0', ROBNU_DOCS: 'false', ROBNU_RUN: 'api, worker', ROBNU_POOL: '2' },
      ROBNU_UPSTREAMS: JSON.stringify(upstreams),
    })
    expect(config).toMatchObject({
      ...{ PORT: 0, ROBNU_DOCS: false, ROBNU_RUN: ['api', 'worker'], ROBNU_POOL: 2 },
      ROBNU_UPSTREAMS: {
        bazaar: {
          url: 'http://127.0.0.1:4010',
          clock: { at: new Date(clock.at), upstream: new Date(clock.upstream), speed: 3600 },
        },
      },
    })
  })

  it('reads rate limits, proxies in front and where weaknesses are reported', () => {
    const { ROBNU_LIMITS, ...none } = readConfig(sound)
    expect([ROBNU_LIMITS, none.ROBNU_PROXIES]).toEqual([defaultPolicies, 0])
    expect(none.ROBNU_SECURITY_CONTACT).toBeUndefined()
    const given = readConfig({
      ...sound,
      ROBNU_LIMITS: 'burst=1000/10',
      ROBNU_PROXIES: '2',
      ROBNU_SECURITY_CONTACT: 'mailto:security@example.in',
    })
    expect(given.ROBNU_LIMITS.burst).toMatchObject({ quota: 1_000, windowSeconds: 10 })
    expect(given.ROBNU_PROXIES).toBe(2)
    expect(given.ROBNU_SECURITY_CONTACT).toBe('mailto:security@example.in')
    const wrong = {
      ROBNU_LIMITS: ['burst', 'burst=0/60', 'all=1/1'],
      ROBNU_PROXIES: ['-1', '10', 'one'],
      ROBNU_SECURITY_CONTACT: ['security@example.in', 'http://x', 'https://x\r\nExpires: never'],
    }
    for (const [name, values] of Object.entries(wrong)) {
      for (const value of values) {
        const faults = faultsOf({ ...sound, [name]: value })
        expect(faults.map((line) => line.split(':')[0]), value).toEqual([name])
      }
    }
  })

  it('takes an empty variable for one that is not set', () => {
    const empty = { PORT: '', ROBNU_LOG: '', ROBNU_UPSTREAMS: '', ROBNU_CONFIG: '' }
    expect(readConfig({ ...sound, ...empty })).toMatchObject({
      ...{ PORT: 8787, ROBNU_LOG: 'info', ROBNU_UPSTREAMS: {} },
    })
  })

  it('reads a secret from a file', async () => {
    const folder = await folderOf({ secret: 'a secret from a file, 32 characters\n', jwt: jwtKeys })
    const { ROBNU_SECRET: _secret, ROBNU_JWT_KEYS: _keys, ...env } = sound
    const config = readConfig({
      ...env,
      ...{ ROBNU_SECRET_FILE: join(folder, 'secret'), ROBNU_JWT_KEYS_FILE: join(folder, 'jwt') },
    })
    expect(config.ROBNU_SECRET).toBe('a secret from a file, 32 characters')
    expect(config.ROBNU_JWT_KEYS.keys).toHaveLength(1)
  })
})

describe('a fault', () => {
  it('of each variable is told at once, by its name', () => {
    const wrong: Environment = {
      DATABASE_URL: 'mysql://localhost',
      REDIS_URL: 'localhost:6379',
      AWS_ENDPOINT_URL: 'localhost',
      AWS_S3_PER_SELLER_KMS: 'yes',
      ROBNU_KMS_ALIAS: 'key',
      ROBNU_QUEUE_PREFIX: 'a b',
      ...{ ROBNU_JWT_KEYS: '{"keys":[]}', ROBNU_AUDIT_KEYS: '{"keys":[{}]}' },
      ROBNU_SECRET: 'short',
      ROBNU_RUN: 'api,cron',
      ROBNU_UPSTREAMS: 'http://x',
      ROBNU_ORIGIN: 'robnu.example',
      ROBNU_LOG: 'debug',
      ...{ PORT: '70000', ROBNU_POOL: '1', ROBNU_LEASE_MS: '1.5', ROBNU_DOCS: '0' },
      ROBNU_PLUGINS: '',
    }
    const names = faultsOf(wrong).map((line) => line.split(':')[0])
    const expected = Object.keys(wrong).filter((name) => name !== 'ROBNU_PLUGINS')
    expect([...new Set(names)].toSorted()).toEqual(
      [...expected, 'DATABASE_PLATFORM_URL'].toSorted(),
    )
  })

  it.each(
    [
      ...['DATABASE_URL', 'DATABASE_PLATFORM_URL'],
      ...['ROBNU_JWT_KEYS', 'ROBNU_AUDIT_KEYS', 'ROBNU_SECRET'],
    ].map((n) => [n]),
  )('is that %s is not set', (name) => {
    expect(faultsOf({ ...sound, [name]: undefined })).toEqual([`${name}: is not set`])
  })

  it('shows no value of a secret', () => {
    const lines = faultsOf({
      ...{ ...sound, ROBNU_SECRET: 'hunter2' },
      ...{ DATABASE_URL: 'mysql://me:hunter2@x', ROBNU_JWT_KEYS: '{"keys":["hunter2"' },
    })
    expect(lines).toHaveLength(3)
    expect(lines.join()).not.toContain('hunter2')
  })

  it('is that a variable is empty', () => {
    expect(faultsOf({ ...sound, DATABASE_URL: '' })).toEqual(['DATABASE_URL: is not set'])
  })

  it('is a file of a secret that cannot be read', () => {
    const { ROBNU_SECRET: _secret, ...env } = sound
    expect(faultsOf({ ...env, ROBNU_SECRET_FILE: 'nowhere/secret' })).toEqual([
      'ROBNU_SECRET_FILE: cannot read "nowhere/secret"',
    ])
  })

  it('is what a file of a secret holds', async () => {
    const folder = await folderOf({ secret: 'short' })
    const { ROBNU_SECRET: _secret, ...env } = sound
    expect(faultsOf({ ...env, ROBNU_SECRET_FILE: join(folder, 'secret') })).toEqual([
      'ROBNU_SECRET: must have at least 32 characters',
    ])
  })

  it('is told by what reads the secret alone, too', async () => {
    const read = (env: Environment) => {
      const faults: string[] = []
      return [readSecret(env, faults), ...faults]
    }
    expect(read({ ROBNU_SECRET: sound.ROBNU_SECRET, PORT: 'x' })).toEqual([sound.ROBNU_SECRET])
    expect(read({})).toEqual(['', 'ROBNU_SECRET: is not set'])
    expect(read({ ROBNU_SECRET: '' })).toEqual(['', 'ROBNU_SECRET: is not set'])
    const short = 'ROBNU_SECRET: must have at least 32 characters'
    expect(read({ ROBNU_SECRET: 'hunter2' })).toEqual(['', short])
    const nowhere = { ROBNU_SECRET_FILE: 'nowhere/secret' }
    expect(read(nowhere)).toEqual(['', 'ROBNU_SECRET_FILE: cannot read "nowhere/secret"'])
    const folder = await folderOf({ secret: `${sound.ROBNU_SECRET}\n` })
    expect(read({ ROBNU_SECRET_FILE: join(folder, 'secret') })).toEqual([sound.ROBNU_SECRET])
  })

  it('is an upstream whose clock stands still', () => {
    const clock = { at: '2026-01-01T00:00:00Z', upstream: '2022-06-30T00:00:00Z', speed: 0 }
    const upstreams = JSON.stringify({ bazaar: { url: 'http://x', clock } })
    expect(faultsOf({ ...sound, ROBNU_UPSTREAMS: upstreams })[0]).toMatch(/^ROBNU_UPSTREAMS: /)
  })

  it('is told with all others in one error', () => {
    const wrong = { ...sound, PORT: 'x', ROBNU_LOG: 'loud' }
    expect(() => readConfig(wrong)).toThrow(
      /^Cannot start: the configuration has 2 fault\(s\)\n {2}/,
    )
  })
})

describe('the enabled plugins', () => {
  it('are those of the file, with their configuration, from its folder', async () => {
    const env = await withFile(plugins({ use: './a/mod.ts' }, { use: 'b', config: { c: 1 } }))
    const config = readConfig(env)
    expect(config.plugins).toEqual([
      { use: './a/mod.ts', config: undefined },
      { use: 'b', config: { c: 1 } },
    ])
    expect(join(config.configDir, 'robnu.config.json')).toBe(env['ROBNU_CONFIG'])
  })

  it('are none when the variable is empty, whatever the file says', async () => {
    const env = await withFile(plugins({ use: './a/mod.ts' }), { ROBNU_PLUGINS: '' })
    expect(readConfig(env).plugins).toEqual([])
  })

  it('are those of the variable, with what the file says about them', async () => {
    const env = await withFile(
      plugins({ use: './a/mod.ts' }, { use: 'b', config: { c: 1 } }),
      { ROBNU_PLUGINS: ' b , ./other/mod.ts,' },
    )
    expect(readConfig(env).plugins).toEqual([
      { use: 'b', config: { c: 1 } },
      { use: './other/mod.ts', config: undefined },
    ])
  })

  it('are none where there is no file and nobody has asked for one', async () => {
    const folder = await folderOf({})
    const faults: string[] = []
    const before = process.cwd()
    process.chdir(folder)
    onTestFinished(() => process.chdir(before))
    expect(readPlugins({}, faults).plugins).toEqual([])
    expect(faults).toEqual([])
  })
})

describe('sweeps', () => {
  it('are switched off by a variable of their name', () => {
    const env = { ...sound, WORKER_ENABLE_CLAIM_SWEEPER: 'false', WORKER_ENABLE_A_B: 'true' }
    const { sweepDefaults } = readConfig(env)
    expect(sweepDefaults).toEqual({ 'claim-sweeper': false, 'a-b': true })
    expect(readConfig(sound).sweepDefaults).toEqual({})
    const lines = faultsOf({ ...sound, WORKER_ENABLE_CLAIM_SWEEPER: 'off' })
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/^WORKER_ENABLE_CLAIM_SWEEPER: /)
  })
})

describe('robnu.config.json', () => {
  it('is missed when it was asked for', () => {
    const lines = faultsOf({ ...sound, ROBNU_CONFIG: 'nowhere/robnu.config.json' })
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/^ROBNU_CONFIG: cannot read ".*nowhere\/robnu\.config\.json"$/)
  })

  it.each([
    ['is no JSON', '{ plugins: [] }', 'must be JSON'],
    ['is no object', '[]', '/'],
    ['has no plugins', '{}', '/plugins'],
    ['has another member', '{"plugins":[],"plugin":[]}', 'plugin'],
    ['names a plugin by text alone', '{"plugins":["a"]}', '/plugins/0'],
    ['does not say which plugin', plugins({ use: 'a' }, { config: {} }), '/plugins/1/use'],
    ['names nothing', plugins({ use: '' }), '/plugins/0/use'],
    ['has another member in a plugin', plugins({ use: 'a', options: {} }), 'options'],
  ])('%s: the start is refused, with the place', async (_what, text, place) => {
    const lines = faultsOf(await withFile(text))
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/^robnu\.config\.json: /)
    expect(lines[0]).toContain(place)
  })

  it('is told together with the faults of the environment', async () => {
    const lines = faultsOf(await withFile('{}', { PORT: 'x', ROBNU_SECRET: undefined }))
    expect(lines.map((line) => line.split(':')[0]).toSorted()).toEqual([
      ...['PORT', 'ROBNU_SECRET', 'robnu.config.json'],
    ])
  })
})
