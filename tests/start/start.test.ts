/** `npm start` from nothing, and again: what it says, what it leaves, and that nothing doubles. */
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { robnu } from '../cli/support.ts'
import { booked, listAllOrders, listRuns, readDemoFile, signInOwners } from './demo.ts'
import { sumOf, totalsOfList } from './demo.ts'
import { type Ended, launch, type Launched, leftRunning, tempHome } from './launcher.ts'
import { processesOf } from './processes.ts'

// some tests start the system twice
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })
const stopLimitMs = 20_000
const first = tempHome()
let ended: Ended

beforeAll(async () => {
  ended = await launch({ home: first.path, args: ['--once'] }).ended
})
afterAll(first.remove)

const emptyHome = (): string => {
  const home = tempHome()
  onTestFinished(home.remove)
  return home.path
}
/** The folder as the first start left it, for a test of its own. */
const copyOfFirst = (): string => {
  const home = emptyHome()
  // with owners: the database belongs to another user when we are root
  const { status, stderr } = spawnSync('cp', ['-a', first.path, home], { encoding: 'utf8' })
  expect(`${status} ${stderr}`).toBe('0 ')
  return home
}
const summaryOf = ({ out }: Ended): Record<string, unknown> => JSON.parse(out.at(-1) ?? '')
const expected = {
  ...sumOf(booked),
  seconds: expect.any(Number),
  accounts: booked.map(({ shop, ...totals }, at) => ({
    seller: ['Asha Textiles', 'Bharat Home Store'][at],
    marketplace: 'BAZAAR',
    external_account_id: shop,
    ...totals,
  })),
}

/** The end within the limit, with nothing left running; what it was. */
const endBy = async (
  signal: 'SIGINT' | 'SIGTERM',
  launched: Launched,
  home: string,
): Promise<Ended> => {
  const sentAt = performance.now()
  launched.send(signal)
  const end = await launched.ended
  expect(performance.now() - sentAt).toBeLessThan(stopLimitMs)
  expect(end).toMatchObject({ code: signal === 'SIGINT' ? 130 : 143, errors: '' })
  expect(await leftRunning(home, 0)).toEqual([])
  return end
}

test('--once in an empty folder ends well, and its last line is the summary of the books', () => {
  expect(ended).toMatchObject({ code: 0, signal: null, errors: '' })
  expect(summaryOf(ended)).toEqual(expected)
  expect(sumOf(booked).orders).toBe(290)
  const text = ended.out.join('\n')
  for (
    const part of ['PostgreSQL', 'local cloud', 'sandbox of bazaar', 'migrations', 'orders rec']
  ) {
    expect(text).toContain(part)
  }
})

test('--once leaves no process, and a file that only its owner may read', async () => {
  expect(await leftRunning(first.path, 0)).toEqual([])
  expect(statSync(join(first.path, 'demo.json')).mode & 0o777).toBe(0o600)
  const { url, sellers } = readDemoFile(first.path)
  expect(url).toMatch(/^http:\/\/localhost:\d+$/)
  expect(sellers).toEqual(['Asha Textiles', 'Bharat Home Store'].map((name) => ({
    name,
    email: expect.stringMatching(/^\S+@\S+\.example$/),
    password: expect.stringMatching(/^\S{20,}$/),
  })))
  expect(sellers[0]?.password).not.toBe(sellers[1]?.password)
})

test('a second start finds everything: no order is new, none is doubled, logins stay', async () => {
  const home = copyOfFirst()
  const before = readDemoFile(home)
  const launched = launch({ home })
  await launched.says(/^Serving at/)
  expect(readDemoFile(home).sellers).toEqual(before.sellers)
  const clients = await signInOwners(home)
  expect(clients).toHaveLength(booked.length)
  for (const [at, client] of clients.entries()) {
    const { shop, ...totals } = booked[at] ?? { shop: '', orders: 0 }
    const accounts = await client('GET', '/v1/marketplace-accounts')
    expect(accounts.body['data']).toMatchObject([{ external_account_id: shop }])
    const orders = await listAllOrders(client)
    expect(orders).toHaveLength(totals.orders)
    expect(totalsOfList(orders)).toEqual(totals)

    const [newest, ...older] = await listRuns(client)
    expect(newest).toMatchObject({ state: 'SUCCEEDED', new: 0, changed: 0, rejected: 0 })
    // the overlap of a day is asked for again
    expect(newest?.received).toBeGreaterThan(0)
    expect(newest?.unchanged).toBe(newest?.received)
    expect(older.reduce((sum, run) => sum + run.new, 0)).toBe(totals.orders)
  }
  const { out } = await endBy('SIGTERM', launched, home)
  expect(out).toContain('The database is up to date')
  // and says so to whoever reads along
  expect(out.filter((line) => / 0 new, 0 changed, [1-9]\d* unchanged/.test(line))).toHaveLength(2)
})

test('Ctrl-C ends the launcher, the app and PostgreSQL', async () => {
  const home = copyOfFirst()
  const launched = launch({ home })
  await launched.says(/^Ctrl-C stops everything/)
  // all of them are there to be seen, or the look at what is left proves nothing
  const running = processesOf(home).map(({ command }) => command)
  for (const part of [/start\.ts/, /serve\.ts/, /postgres/]) {
    expect(running.some((command) => part.test(command)), String(part)).toBe(true)
  }
  // a command beside it needs no environment of its own
  const kept = join(home, 'keys/running.json')
  expect(statSync(kept).mode & 0o777).toBe(0o600)
  const beside = { env: { ROBNU_HOME: home } }
  const listed = await robnu(['seller', 'list', '--json'], beside)
  expect(listed.json()).toMatchObject({
    sellers: [{ name: 'Bharat Home Store' }, { name: 'Asha Textiles' }],
  })
  expect(listed.err).toContain(`using the local parts of process ${launched.pid}`)
  const { queues } = (await robnu(['queues', 'stats', '--json'], beside)).json()
  expect(queues).toContainEqual(
    expect.objectContaining({
      queue: 'account-sync',
      dead_letters: 0,
      dlq: { ready: 0, inFlight: 0 },
    }),
  )
  await endBy('SIGINT', launched, home)
  expect(existsSync(kept)).toBe(false)
})

for (const moment of ['Starting PostgreSQL', 'Starting the app', 'Connecting the demo']) {
  test(`Ctrl-C at "${moment}" goes no further and leaves no process`, async () => {
    const home = copyOfFirst()
    const launched = launch({ home })
    await launched.says(new RegExp(`^${moment}`))
    const { out } = await endBy('SIGINT', launched, home)
    expect(out.filter((line) => line.startsWith('Serving at'))).toEqual([])
  })
}

test('a launcher killed in its first sync takes the app along, and the next one goes on', async () => {
  const home = emptyHome()
  // so long is the item of a dead worker kept from others
  const env = { ROBNU_LEASE_MS: '1500' }
  const launched = launch({ home, env })
  await launched.says(/^Connecting the demo accounts/)
  const isServer = ({ command }: { command: string }) => command.includes('postgres -D')
  const server = processesOf(home).find(isServer)
  launched.send('SIGKILL')
  expect(await launched.ended).toMatchObject({ signal: 'SIGKILL' })

  // the app looks after itself; PostgreSQL stays on purpose
  const end = performance.now() + stopLimitMs
  const apps = () => processesOf(home).filter(({ command }) => command.includes('serve.ts'))
  while (apps().length > 0 && performance.now() < end) await sleep(50)
  expect(apps()).toEqual([])
  expect(processesOf(home).find(isServer)).toEqual(server)
  expect(server).toBeDefined()

  const next = launch({ home, env, args: ['--once'] })
  await next.says(/^Starting the app/)
  expect(processesOf(home).find(isServer)).toEqual(server)
  const done = await next.ended
  expect(done).toMatchObject({ code: 0, errors: '' })
  expect(summaryOf(done)).toEqual(expected)
  expect(await leftRunning(home, 0)).toEqual([])
})

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
