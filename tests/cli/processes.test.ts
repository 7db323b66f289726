/** `robnu` as people start it: by its bin, by an older Node, by a task of Deno; and what it serves. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { scopeKeyFrom } from '../../core/crypto/scope-key.ts'
import { withOperations } from '../../core/db/operations.ts'
import { takeScopeKey } from '../../core/db/proof.ts'
import { cleanEnvironment } from '../../scripts/proof/support/environment.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { environmentOf, testSecret } from './support.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const bin = `${root}scripts/robnu.mjs`
const deno = `${root}node_modules/.bin/deno`
const own = [process.execPath, ...'Deno' in globalThis ? ['run', '-A'] : [], bin]

let fresh: FreshDatabase
beforeAll(async () => {
  fresh = await freshDatabase()
  // as `migrate` does it for the secret of the processes
  const key = scopeKeyFrom(testSecret)
  await withOperations(fresh.urls.owner, (sql) => sql.begin((tx) => takeScopeKey(tx, key)))
})
afterAll(() => fresh?.close())

interface Started {
  readonly send: (signal: 'SIGINT' | 'SIGTERM') => void
  /** Everything of stdout, as soon as there is a line. */
  readonly firstLine: Promise<string>
  readonly ended: Promise<{ code: number | null; out: string; err: string }>
}
const start = (
  [program = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Started => {
  const child = spawn(program, args, {
    cwd: root,
    env: { ...cleanEnvironment(), NO_COLOR: '1', ROBNU_HOME: '/nowhere', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [out, err] = ['', '']
  const line = Promise.withResolvers<string>()
  child.stdout.on('data', (text) => {
    out += text
    if (out.includes('\n')) line.resolve(out)
  })
  child.stderr.on('data', (text) => err += text)
  const ended = new Promise<Awaited<Started['ended']>>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      line.reject(new Error(`It ended with ${code}: ${out}${err}`))
      resolve({ code, out, err })
    })
  })
  line.promise.catch(() => {})
  return { // Deno takes the signal of `child.kill` for how it ended
    send: (signal) => void process.kill(child.pid ?? 0, signal),
    firstLine: line.promise,
    ended,
  }
}

it('runs by its bin, with its exit code', async () => {
  const told = start([...own, '--version', '--json'])
  const wrong = start([...own, 'seler'])
  const refused = start([...own, 'serve', '--json'])
  expect(await told.ended).toMatchObject({ code: 0, out: expect.stringMatching(/^\{"version":"/) })
  expect(await wrong.ended)
    .toMatchObject({ code: 2, out: '', err: expect.stringContaining('Did you mean "seller"?') })
  const { code, out, err } = await refused.ended
  expect(code).toBe(1)
  expect(JSON.parse(out)).toMatchObject({ error: { code: 'faults', faults: { length: 5 } } })
  expect(err).toMatch(/\n {2}ROBNU_SECRET: is not set\n {2}"robnu doctor" looks at[^\n]+\n$/)
})

const older = 'data:text/javascript,Object.defineProperty(process.versions,"node",{value:"20.1.0"})'
it.skipIf('Deno' in globalThis || !existsSync(`${root}node_modules/node/bin/node`))(
  'goes on with the Node of node_modules where it is started by an older one (not on Deno)',
  async () => {
    const started = [process.execPath, '--import', older, bin]
    const [told, wrong] = [start([...started, '--version']), start([...started, 'seler'])]
    expect(await told.ended).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    })
    expect(await wrong.ended).toMatchObject({ code: 2, err: expect.stringContaining('seller') })
  },
)

it.skipIf(!existsSync(deno))(
  'runs as a task of Deno (the package deno has a binary for this platform)',
  async () => {
    const { code, out } = await start([deno, 'task', '--quiet', 'robnu', 'migrate', '--json']).ended
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'faults', faults: { length: 2 } } })
  },
)

it('serves with one line on stdout, the document of `openapi`, and ends when it is asked to', async () => {
  const env = { ...environmentOf(fresh), PORT: '0', ROBNU_RUN: 'api' }
  const served = start([...own, 'serve', '--json'], env)
  const printed = start([...own, 'openapi'], { ROBNU_PLUGINS: '' })
  const line = await served.firstLine
  const { url, run } = JSON.parse(line)
  expect(run).toEqual(['api'])
  expect(await (await fetch(`${url}/openapi.json`)).json())
    .toEqual(JSON.parse((await printed.ended).out))
  served.send('SIGTERM')
  const { code, out, err } = await served.ended
  expect([code, out]).toEqual([0, line])
  const events = err.trimEnd().split('\n').map((text) => JSON.parse(text).event)
  expect(events).toContain('app.ready')
  expect(events.at(-1)).toBe('app.stopping')
})
