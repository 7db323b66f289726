/** The commands of the README's tour, as a newcomer runs them: by sh, one after the other. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const project = fileURLToPath(new URL('../../..', import.meta.url))
const readme = readFileSync(join(project, 'README.md'), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'robnu-readme-'))

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })

let demo: ChildProcess
let url = ''
let said = ''
let owner = { email: '', password: '' }
beforeAll(async () => {
  const port = await freePort()
  const args = 'Deno' in globalThis ? ['run', '-A', 'scripts/start.ts'] : ['scripts/start.ts']
  demo = spawn(process.execPath, args, {
    cwd: project,
    env: { ...process.env, PORT: String(port), ROBNU_HOME: join(folder, 'home') },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise<void>((resolve, reject) => {
    demo.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (said.includes('Ctrl-C stops everything')) resolve()
    })
    demo.once('exit', (code) => reject(new Error(`The demo ended with ${code}: ${said}`)))
  })
  const file = JSON.parse(readFileSync(join(folder, 'home', 'demo.json'), 'utf8'))
  url = file.url
  owner = file.sellers[0]
}, 90_000)
afterAll(async () => {
  const ended = new Promise((resolve) => demo.once('exit', resolve))
  if (demo.pid) process.kill(demo.pid, 'SIGTERM')
  await ended
  rmSync(folder, { recursive: true, force: true })
}, 40_000)

const run = (script: string): string => {
  const { email: EMAIL, password: PASSWORD } = owner
  const { stdout, status } = spawnSync('sh', ['-euc', script], {
    cwd: folder,
    env: { ...process.env, EMAIL, PASSWORD },
    encoding: 'utf8',
  })
  expect(status, script).toBe(0)
  return stdout
}

/** The commands that are marked for this test, and the answer that stands below each. */
const tour = [...readme.matchAll(
  /<!-- test: tour -->\n+```sh\n([\s\S]*?)\n```\n+```json\n([\s\S]*?)\n```/g,
)].map(([, command = '', answer = '']) => ({ command, answer }))

test('the commands of the tour answer with the members that the README shows', () => {
  expect(tour.length).toBeGreaterThanOrEqual(4)
  for (const { command, answer } of tour) {
    const found = JSON.parse(run(command.replaceAll('http://localhost:8787', url)))
    const shown = JSON.parse(answer)
    expect(Object.keys(found).toSorted(), command).toEqual(Object.keys(shown).toSorted())
    const [row] = shown.data ?? []
    if (!row) continue
    expect(found.data).toHaveLength(1)
    for (const member of Object.keys(row).filter((name) => name !== '…')) {
      expect(found.data[0], command).toHaveProperty(member)
    }
  }
})

test('the three lines that the start prints work as they stand', () => {
  const lines = said.split('\n').filter((line) => line.trim().startsWith('curl '))
  expect(lines).toHaveLength(3)
  const answers = lines.map((line) => JSON.parse(run(line.trim())))
  expect(answers[0].user.role).toBe('OWNER')
  expect(answers[1].data).toHaveLength(2)
  expect(Object.keys(answers[2].data[0].customer)).toEqual(['name', 'phone', 'email', 'address'])
})
