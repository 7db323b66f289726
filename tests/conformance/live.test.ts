/** The live tier, with something on this machine in the place of the real host. */
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import type { Check } from '../../core/testing/conformance/check.ts'
import { liveChecks } from '../../core/testing/conformance/live/checks.ts'
import { cassetteChecks } from '../../core/testing/conformance/recorded/cassettes.ts'
import { runCheck } from '../../core/testing/conformance/run.ts'
import { callVerb } from '../../core/testing/sandbox/call.ts'
import { failure, type Marketplace } from '../../core/plugin.ts'
import { readLiveFile } from '../../scripts/conformance/live.ts'
import bazaar from '../support/bazaar/mod.ts'
import startSandbox from '../support/bazaar/sandbox.ts'

const checks = liveChecks as unknown as readonly Check[]

const open = async (changes: object = {}) => {
  const sandbox = await startSandbox({
    ...{ seed: 7, speed: 1 },
    env: { ROBNU_SANDBOX_BAZAAR_MORE_SHOPS: '2' },
    // the real marketplace has the real time
    start: new Date(),
  })
  onTestFinished(() => sandbox.stop())
  const dir = await mkdtemp(join(tmpdir(), 'live-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  const shop = sandbox.accounts[3]
  const file = join(dir, 'account.json')
  const text = JSON.stringify({
    ...{ external_account_id: shop?.externalAccountId, details: shop?.details },
    ...{ credentials: shop?.credentials, config: { pageSize: 5 } },
    ...{ upstream: sandbox.url, may_refresh: true },
    ...changes,
  })
  await writeFile(file, text, { mode: 0o600 })
  return { sandbox, dir, file }
}
const outcomes = async (
  plugin: Marketplace,
  file: string,
  record?: string,
): Promise<Record<string, string>> => {
  const live = await readLiveFile(file, { record })
  const found: Record<string, string> = {}
  for (const check of checks) {
    const { id, outcome, message } = await runCheck(check, { plugin, live })
    found[id] = message ?? outcome
  }
  return found
}
const allPassed = Object.fromEntries(liveChecks.map(({ id }) => [id, 'passed']))

test('a good plugin reads one page of each, and nothing is written', async () => {
  const { sandbox, file } = await open()
  expect(await outcomes(bazaar, file)).toEqual(allPassed)
  // one page: five of twelve orders
  expect(await callVerb(sandbox, 'asked')).toEqual({ tokens: 2, pages: 1 })
  // what was refreshed is kept: the token before may be dead
  const { credentials } = JSON.parse(await readFile(file, 'utf8'))
  expect(credentials.session_token).toMatch(/^bzt_/)
  expect(await callVerb(sandbox, 'packing', { shop: 'SHOP-0004' })).toMatchObject({ writes: {} })
  expect(await callVerb(sandbox, 'stock', { shop: 'SHOP-0004' })).toMatchObject({ pushes: 0 })
})

test('what is recorded is scrubbed and can be played again', async () => {
  const { sandbox, dir, file } = await open()
  expect(await outcomes(bazaar, file, join(dir, 'tapes'))).toEqual(allPassed)
  const names = await readdir(join(dir, 'tapes'))
  expect(names.toSorted()).toEqual(
    ['orders', 'payouts', 'returns'].flatMap((name) => [`${name}.json`, `${name}.rows.json`]),
  )
  const { api_key: key } = sandbox.accounts[3]?.credentials as { api_key: string }
  for (const name of names) {
    expect(await readFile(join(dir, 'tapes', name), 'utf8')).not.toContain(key)
  }
  const sample = {
    ...{ startSandbox, seed: 7, badCredentials: {}, operations: {} },
    ...{ expected: new URL('file:///none'), cassettes: pathToFileURL(join(dir, 'tapes/')) },
  }
  for (const check of cassetteChecks as unknown as readonly Check[]) {
    expect(await runCheck(check, { plugin: bazaar, sample })).toMatchObject({ outcome: 'passed' })
  }
})

const withAdapter = (change: Partial<Marketplace['adapter']>): Marketplace => ({
  ...bazaar,
  adapter: { ...bazaar.adapter, ...change },
})
const pageOf = (page: object) =>
  async function* () {
    yield await Promise.resolve({ rows: [], rejected: [], cursor: null, last: true, ...page })
  } as never

const rejected = { reason: 'no-idea', raw: '{}' }
test.each([
  [
    'live-verify',
    withAdapter({ verify: () => Promise.reject(failure('auth', 'The key is dead')) }),
    /The key is dead/,
  ],
  ['live-orders-page', withAdapter({ syncOrders: pageOf({ received: 2 }) }), /2 received, 0 rows/],
  [
    'live-orders-page',
    withAdapter({ syncOrders: pageOf({ received: 1, rejected: [rejected] }) }),
    /1 of 1 rows were rejected: no-idea/,
  ],
  [
    'live-returns-page',
    withAdapter({ syncReturns: pageOf({ received: 1, rows: [{ externalId: 'R-1' }] }) }),
    /has not the form of the contract at/,
  ],
  ['live-payouts-page', withAdapter({ syncPayouts: pageOf({ received: -1 }) }), /-1 received/],
  [
    'live-payouts-page',
    withAdapter({
      // deno-lint-ignore require-yield -- it fails before its first page
      syncPayouts: async function* (_account, _request, ctx) {
        await ctx.http({} as never, 'https://api.bazaar.example/v3/payouts', { method: 'PUT' })
      } as NonNullable<Marketplace['adapter']['syncPayouts']>,
    }),
    /PUT: this run only reads/,
  ],
])('%s is tripped', async (check, plugin, message) => {
  const { file } = await open()
  const found = await outcomes(plugin, file)
  expect(found[check]).toMatch(message)
  expect({ ...found, [check]: 'passed' }).toEqual(allPassed)
})

test('a token is not refreshed unless the file says so', async () => {
  const { sandbox, file } = await open({ may_refresh: false })
  expect((await outcomes(bazaar, file))['live-orders-page']).toContain('the token has expired')
  expect(await callVerb(sandbox, 'asked')).toEqual({ tokens: 1, pages: 0 })
})

test('a file that cannot be used is told in one sentence, without its content', async () => {
  const { file, dir } = await open()
  await expect(readLiveFile(join(dir, 'none.json'))).rejects.toThrow('there is no such file')
  await chmod(file, 0o644)
  await expect(readLiveFile(file)).rejects.toThrow('others may read it')
  for (
    const [changes, why] of [
      [{ upstream: 'http://192.168.0.1:80' }, '"upstream"'],
      [{ external_account_id: 7 }, '"external_account_id"'],
      [{ secret_word: 'hush' }, 'secret_word'],
    ] as const
  ) {
    const spoiled = await open(changes)
    await expect(readLiveFile(spoiled.file)).rejects.toThrow(why)
    await expect(readLiveFile(spoiled.file)).rejects.not.toThrow('hush')
  }
  const broken = join(dir, 'broken.json')
  await writeFile(broken, '{"credentials": "bzk_', { mode: 0o600 })
  await expect(readLiveFile(broken)).rejects.toThrow('it is no JSON')
})

test('without an account every check is left out, and none is passed', async () => {
  for (const check of checks) {
    expect(await runCheck(check, { plugin: bazaar })).toMatchObject({ outcome: 'left-out' })
  }
})
