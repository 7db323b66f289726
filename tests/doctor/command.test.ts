/** `robnu doctor` as it is called: exit codes, one line of JSON, and no secret in any of its outputs. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openCommands } from '../../scripts/cli/commands.ts'
import { runRobnu } from '../../scripts/cli/run.ts'
import { canary } from '../support/canary.ts'

const project = fileURLToPath(new URL('../..', import.meta.url))
const doctor = async (
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cwd = project,
) => {
  let [out, err] = ['', '']
  const code = await runRobnu(['doctor', ...args], { commands: openCommands(), version: '0.0.0' }, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    env: { ROBNU_PLUGINS: '', ROBNU_HOME: emptyHome(), ...env },
    cwd,
    now: () => new Date(),
    signal: new AbortController().signal,
  })
  return { code, out, err }
}
const emptyHome = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'robnu-doctor-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'home')
}
const account = '01a20344-e0ce-7307-af98-5aa7b681402c'

describe('robnu doctor', () => {
  it('ends with 0 where nothing is at fault, warnings allowed', async () => {
    const { code, out } = await doctor(['--only', 'plugins'])
    expect(code).toBe(0)
    expect(out).toMatch(/^plugins\n {2}– 2 checks left out: /)
    expect(out).toMatch(/! A plugin is enabled: none is named {2}\[no-plugin-enabled\]\n {6}\S/)
    expect(out.trimEnd()).toMatch(/\n\d+ well, 1 warnings, 0 faults, 2 left out$/)
  })

  it('ends with 1 where something is, and says it as one line of JSON', async () => {
    const { code, out } = await doctor(['--json', '--only', 'variables-refused'], { PORT: 'http' })
    expect(code).toBe(1)
    expect(out.trimEnd().split('\n')).toHaveLength(1)
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      counts: { 'ok': 0, 'warning': 0, 'fault': 1, 'left-out': 0 },
      checks: [{ code: 'variables-refused', area: 'environment', state: 'fault' }],
    })
  })

  it.each([
    [['--only', 'databse'], 'Did you mean "database"?'],
    [['--only', 'kms-unreachble'], 'Did you mean "kms-unreachable"?'],
    [['--account', 'mine'], 'takes the id'],
    [['--clock', 'http://example.com'], 'begins with https://'],
    [['--reed-only'], '--read-only'],
  ])('ends with 2 where it is called as %j', async (args, told) => {
    const { code, err } = await doctor(args)
    expect(code).toBe(2)
    expect(err).toContain(told)
  })

  it('says what it lacks where it cannot look at an account', async () => {
    const { code, err } = await doctor(['--account', account])
    expect(code).toBe(1)
    expect(err).toContain('Cannot look at the account: no variable names a database')
  })

  it('tells no secret, in whatever way it fails', async () => {
    const secret = `${canary}-Zk3v9Qw7x1Lm5n8Rt2y6`
    const home = emptyHome()
    mkdirSync(join(home, 'keys'), { recursive: true })
    const file = join(home, 'token')
    writeFileSync(file, `${secret}-in-a-file`)
    const config = join(home, 'robnu.config.json')
    writeFileSync(
      config,
      JSON.stringify({
        plugins: [{ use: './none', config: { token: secret, other: { $env: 'X' } } }],
      }),
    )
    const nowhere = (login: string) => `postgres://${login}:${secret}-${login}@127.0.0.1:1/robnu`
    const jwk = `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA","d":"${secret}-d"}]}`
    const env = {
      ROBNU_HOME: home,
      ROBNU_CONFIG: config,
      ROBNU_SECRET: secret,
      ROBNU_PEPPERS: `{"0":"${secret}-pepper-of-an-old-time"}`,
      ROBNU_JWT_KEYS: jwk,
      ROBNU_AUDIT_KEYS: jwk,
      ROBNU_MAIL_HOOK: 'http://127.0.0.1:1/hook',
      ROBNU_MAIL_HOOK_TOKEN_FILE: file,
      REDIS_URL: `redis://:${secret}-redis@127.0.0.1:1`,
      DATABASE_URL: nowhere('app'),
      DATABASE_PLATFORM_URL: nowhere('platform'),
      DATABASE_OWNER_URL: nowhere('owner'),
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: `${secret}-aws`,
      ROBNU_UPSTREAMS: '{"none":{"url":"http://127.0.0.1:1"}}',
    }
    const { ROBNU_PLUGINS: _none, ...given } = { ROBNU_PLUGINS: undefined, ...env }
    const calls = [[], ['--json'], ['--account', account], ['--json', '--account', account]]
    const told = await Promise.all(calls.map((args) => doctor(args, given, home)))
    for (const { code, out, err } of told) {
      expect(code).toBe(1)
      expect(`${out}${err}`.length).toBeGreaterThan(50)
      expect(`${out}${err}`).not.toContain(canary)
    }
    expect(told[0]?.out.match(/✗/g)?.length).toBeGreaterThan(6)
  })
})
