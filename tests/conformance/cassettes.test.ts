/** Recordings of the sandbox beside the plugin: made anew they are the same, and the kit reads them. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { type Cassette, cassetteText, readCassette } from '../../core/testing/cassettes/cassette.ts'
import { recordRun, replayRun, rowsText } from '../../core/testing/cassettes/run.ts'
import { cassetteChecks } from '../../core/testing/conformance/recorded/cassettes.ts'
import { runCheck } from '../../core/testing/conformance/run.ts'
import type { Sample } from '../../core/testing/conformance/sample.ts'
import { sandboxContext } from '../../core/testing/fakes.ts'
import { callVerb } from '../../core/testing/sandbox/call.ts'
import bazaar from '../support/bazaar/mod.ts'
import type { WireOrder } from '../support/bazaar/sandbox/books.ts'
import startSandbox from '../support/bazaar/sandbox.ts'

const folder = new URL('../support/bazaar/cassettes/', import.meta.url)
const targets = ['ORDERS', 'RETURNS', 'PAYOUTS'] as const
type Target = (typeof targets)[number]
const nameOf = (target: Target) => target.toLowerCase()

/** Of a shop with twelve orders, one of them spoiled, in pages of five. */
const record = async (target: Target): Promise<Cassette> => {
  const sandbox = await startSandbox({
    ...{ seed: 7, speed: 0 },
    env: { ROBNU_SANDBOX_BAZAAR_MORE_SHOPS: '2' },
  })
  onTestFinished(() => sandbox.stop())
  const shop = sandbox.accounts[3]
  if (!shop) throw new Error('The sandbox has no fourth shop')
  const context = sandboxContext(sandbox, { config: { pageSize: 5 }, hosts: bazaar.hosts })
  return await recordRun(
    { plugin: bazaar, account: { id: 'account', ...shop }, context, target },
    { seed: 3 },
  )
}

test.each(targets)('a recording of %s is what is kept as an example', async (target) => {
  const cassette = await record(target)
  const rows = rowsText(await replayRun(bazaar, cassette, target))
  const files = [`${nameOf(target)}.json`, `${nameOf(target)}.rows.json`] as const
  if (process.env['ROBNU_WRITE_CASSETTES']) {
    await writeFile(new URL(files[0], folder), cassetteText(cassette))
    await writeFile(new URL(files[1], folder), rows)
  }
  expect(cassetteText(cassette)).toBe(await readFile(new URL(files[0], folder), 'utf8'))
  expect(rows).toBe(await readFile(new URL(files[1], folder), 'utf8'))
})

test('no buyer of the sandbox and no key is left in the example', async () => {
  const sandbox = await startSandbox({
    ...{ seed: 7, speed: 0 },
    env: { ROBNU_SANDBOX_BAZAAR_MORE_SHOPS: '2' },
  })
  onTestFinished(() => sandbox.stop())
  const orders = await callVerb(sandbox, 'orders', { shop: 'SHOP-0004' }) as readonly WireOrder[]
  const text = await readFile(new URL('orders.json', folder), 'utf8')
  const buyers = orders.flatMap(({ buyer }) => buyer ? [buyer] : [])
  expect(buyers.length).toBeGreaterThan(5)
  for (const buyer of buyers) {
    for (const key of ['name', 'phone', 'mail', 'street']) {
      expect(text).not.toContain(buyer[key])
    }
  }
  const { api_key: key } = sandbox.accounts[3]?.credentials as { api_key: string }
  expect(text).not.toContain(key)
})

const sampleOf = (cassettes: URL): Sample => ({
  ...{ startSandbox, seed: 7, badCredentials: {}, operations: {} },
  expected: new URL('none.json', folder),
  cassettes,
})
const outcomes = async (cassettes: URL) => {
  const parts = { plugin: bazaar, sample: sampleOf(cassettes) }
  const results = await Promise.all(cassetteChecks.map((check) => runCheck(check as never, parts)))
  return Object.fromEntries(results.map((one) => [one.id, one.message ?? one.outcome]))
}

test('the checks pass the example', async () => {
  expect(await outcomes(folder)).toEqual({
    'cassettes-without-secrets': 'passed',
    'cassettes-rows-as-expected': 'passed',
  })
})

type Spoil = (text: string) => string
const spoiled: readonly (readonly [why: string, check: string, spoil: Spoil, message: RegExp])[] = [
  [
    'a canary',
    'cassettes-without-secrets',
    (text) => text.replace('"BAZAAR', '"canary BAZAAR').replace('"bazaar"', '"Canary 12"'),
    /a canary/,
  ],
  [
    'a real e-mail address in a request',
    'cassettes-without-secrets',
    (text) => text.replace('"query": {}', '"query": { "who": "asha.rao@gmail.com" }'),
    /unknown e-mail address/,
  ],
  [
    'a buyer that was not invented',
    'cassettes-without-secrets',
    (text) => text.replace(/"name": "[^"]*"/, '"name": "Asha Rao"'),
    /below a declared path/,
  ],
  [
    'another total',
    'cassettes-rows-as-expected',
    (text) => text.replace(/"total": "\d+/, '"total": "1'),
    /other rows: line \d+/,
  ],
  [
    'a request that the adapter does not make',
    'cassettes-rows-as-expected',
    (text) => text.replace('"limit": "5"', '"limit": "6"'),
    /query limit is "5", recorded "6"/,
  ],
  [
    'another form',
    'cassettes-without-secrets',
    (text) => text.replace('"version": 1', '"version": 2'),
    /"version" is not as it should be/,
  ],
]
test.each(spoiled)('a cassette with %s fails %s', async (_, check, spoil, message) => {
  const dir = await mkdtemp(join(tmpdir(), 'cassettes-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  const text = await readFile(new URL('orders.json', folder), 'utf8')
  await writeFile(join(dir, 'orders.json'), spoil(text))
  const rows = await readFile(new URL('orders.rows.json', folder), 'utf8')
  await writeFile(join(dir, 'orders.rows.json'), rows)
  expect(spoil(text)).not.toBe(text)
  expect((await outcomes(pathToFileURL(`${dir}/`)))[check]).toMatch(message)
  expect(() => readCassette(text)).not.toThrow()
})

test('without a folder both are left out, with the reason', async () => {
  const { cassettes: _, ...sample } = sampleOf(folder)
  for (const check of cassetteChecks) {
    const result = await runCheck(check as never, { plugin: bazaar, sample })
    expect(result).toMatchObject({
      outcome: 'left-out',
      message: expect.stringContaining('no folder'),
    })
  }
})
