/** `robnu` called as a function: a terminal of one's own, and what came out of it. */
import { fileURLToPath } from 'node:url'
import { generateKeyPairSync } from 'node:crypto'
import type { Command } from '../../scripts/cli/command.ts'
import { type Commands, openCommands } from '../../scripts/cli/commands.ts'
import { runRobnu } from '../../scripts/cli/run.ts'
import { newId } from '../../core/ids.ts'
import type { FreshDatabase } from '../support/database.ts'

export interface Called {
  readonly code: number
  readonly out: string
  readonly err: string
  /** stdout as the one line of JSON that `--json` promises. */
  readonly json: () => Record<string, unknown>
}
export interface CallOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly commands?: Commands
  readonly signal?: AbortSignal
}

export const robnu = async (
  args: readonly string[],
  { env = {}, commands = openCommands(), signal = new AbortController().signal }: CallOptions = {},
): Promise<Called> => {
  let [out, err] = ['', '']
  const code = await runRobnu(args, { commands, version: '1.2.3' }, {
    out: (text) => out += text,
    err: (text) => err += text,
    // no parts of a launcher that runs beside the tests
    env: { ROBNU_HOME: '/nowhere', USER: 'ravi', ...env },
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    now: () => new Date('2026-02-01T00:00:00Z'),
    signal,
  })
  return {
    code,
    out,
    err,
    json: () => {
      const lines = out.split('\n')
      if (lines.length !== 2 || lines[1] !== '') throw new Error(`Not one line: ${out}`)
      return JSON.parse(lines[0] ?? '')
    },
  }
}

/** Commands that are no files. */
export const commandsOf = (...all: readonly Command[]): Commands => ({
  names: all.map(({ name }) => name),
  load: (wanted) => {
    const found = all.find(({ name }) => name === wanted)
    return found ? Promise.resolve(found) : Promise.reject(new Error(`no ${wanted}`))
  },
})

const keySet = (): string => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const key = { ...privateKey.export({ format: 'jwk' }), kid: newId(), alg: 'EdDSA', use: 'sig' }
  return JSON.stringify({ keys: [key] })
}

export const testSecret = 'a secret of a test, 32 characters or more'

/** What `serve` would be given for this database. */
export const environmentOf = ({ urls }: FreshDatabase): Record<string, string> => ({
  DATABASE_URL: urls.app,
  DATABASE_PLATFORM_URL: urls.platform,
  DATABASE_OWNER_URL: urls.owner,
  ROBNU_JWT_KEYS: keySet(),
  ROBNU_AUDIT_KEYS: keySet(),
  ROBNU_SECRET: testSecret,
  ROBNU_PLUGINS: '',
})
