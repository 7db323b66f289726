/**
 * Plugins come, go and are replaced in running processes, by `robnu plugins`, while the others go on.
 * AJIO lies outside of the project, as one that somebody has installed.
 */
import { join } from 'node:path'
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Application } from '#core/boot.ts'
import type { RunningSandbox } from '#core/testing/sandbox/sandbox.ts'
import type { DemoClient } from '../../scripts/demo.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import startBazaar from '../support/bazaar/sandbox.ts'
import { bazaarDir } from '../support/bazaar/world.ts'
import {
  askForSync,
  connectFirst,
  countOrders,
  openPluginHouse,
  type PluginHouse,
  sandboxBeside,
} from './support/live-house.ts'
import { type Outside, outside } from './support/outside.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let place: Outside
let fresh: FreshDatabase
let house: PluginHouse
let first: Application
let second: Application
let client: DemoClient
let ajio: RunningSandbox
const accounts: Record<string, { readonly id: string; readonly expected: number }> = {}

const configText = () => readFileSync(place.configFile, 'utf8')
const entriesNow = () => JSON.parse(configText()).plugins as Record<string, unknown>[]
/** Waits for what the house does by itself; asks, and never guesses a time. */
const until = async <T>(look: () => Promise<T>, holds: (seen: T) => boolean): Promise<T> =>
  await vi.waitFor(async () => {
    const seen = await look()
    if (!holds(seen)) throw new Error(`Not yet: ${JSON.stringify(seen)}`)
    return seen
  }, { timeout: 30_000, interval: 100 })
const runOf = async (id: string) => (await client('GET', `/v1/runs/${id}`)).body
const pluginsNow = async () => {
  const { body } = await client('GET', '/v1/marketplaces')
  return (body['data'] as { code: string }[]).map(({ code }) => code).toSorted()
}

beforeAll(async () => {
  place = outside()
  fresh = await freshDatabase()
  const use = place.copy('marketplaces/ajio', 'robnu-marketplace-ajio')
  const dirOf = (id: string) => join(place.folder, 'sandboxes', id)
  ajio = await sandboxBeside(
    pathToFileURL(join(place.folder, 'robnu-marketplace-ajio', 'mod.ts')).href,
    { dir: dirOf('ajio') },
  )
  const bazaar = await startBazaar({ dir: dirOf('bazaar'), env: {}, speed: 600 })
  place.write(
    'house/robnu.config.json',
    JSON.stringify({ plugins: [{ use: join(bazaarDir, 'mod.ts'), config: { pageSize: 10 } }] }),
  )
  house = await openPluginHouse({
    urls: fresh.urls,
    configFile: place.configFile,
    sandboxes: { bazaar, ajio },
  })
  const migrated = await house.robnu('migrate')
  expect(migrated.code, migrated.err).toBe(0)
  first = await house.start('api,worker,sweeps')
  second = await house.start('api')
  client = await house.owner(first)
  accounts['BAZAAR'] = await connectFirst(client, 'BAZAAR', bazaar)
  expect(use).toBe('../robnu-marketplace-ajio')
})
afterAll(async () => {
  await house?.close()
  await fresh?.close()
  place?.remove()
})

describe('a plugin from outside', () => {
  it('is added with its pin, disabled, and nothing runs of it', async () => {
    const dry = await house.robnu('plugins', 'add', '../robnu-marketplace-ajio', '--dry-run')
    expect(dry.code, dry.err).toBe(0)
    expect(dry.out).toMatch(/^\+ .*"integrity": "sha256-/m)
    expect(entriesNow()).toHaveLength(1)
    const added = await house.robnu('plugins', 'add', '../robnu-marketplace-ajio', '--json')
    expect(added.code, added.err).toBe(0)
    expect(added.json()).toMatchObject({ plugin: 'ajio', added: true, entry: { enabled: false } })
    expect(entriesNow()).toMatchObject([
      { config: { pageSize: 10 } },
      {
        use: '../robnu-marketplace-ajio',
        enabled: false,
        integrity: expect.stringMatching(/^sha256-/),
      },
    ])
    expect(await pluginsNow()).toEqual(['BAZAAR'])
  })

  it('is enabled in both processes, migrated, while the other goes on', async () => {
    const run = await askForSync(client, accounts['BAZAAR']?.id ?? '')
    const dry = await house.robnu('plugins', 'enable', 'ajio', '--dry-run')
    expect(dry.out).toContain('Would apply ajio/0001_account_details.sql')
    const enabled = await house.robnu('plugins', 'enable', 'ajio', '--json')
    expect(enabled.code, enabled.err).toBe(0)
    expect(enabled.json()).toMatchObject({
      ...{ plugin: 'ajio', did: 'enabled', applied: ['ajio/0001_account_details.sql'] },
      ...{ generation: 1, processes: [{ state: 'running' }, { state: 'running' }] },
    })
    expect(entriesNow()[1]).not.toHaveProperty('enabled')
    expect(await pluginsNow()).toEqual(['AJIO', 'BAZAAR'])
    accounts['AJIO'] = await connectFirst(client, 'AJIO', ajio)
    const synced = await askForSync(client, accounts['AJIO'].id)
    await until(() => runOf(synced), ({ state }) => state === 'SUCCEEDED')
    expect(await countOrders(client, accounts['AJIO'].id)).toBeGreaterThan(0)
    // nothing of the other was cut off
    await until(() => runOf(run), ({ state }) => state === 'SUCCEEDED')
    expect(await countOrders(client, accounts['BAZAAR']?.id ?? '')).toBe(
      accounts['BAZAAR']?.expected,
    )
  })

  it('is disabled: its work waits, its orders stay, the others go on; and then it goes on', async () => {
    const account = accounts['AJIO']?.id ?? ''
    const before = await countOrders(client, account)
    const waiting = await askForSync(client, account)
    const disabled = await house.robnu(
      ...['plugins', 'disable', 'ajio', '--reason', 'They changed their API', '--json'],
    )
    expect(disabled.code, disabled.err).toBe(0)
    expect(disabled.json()).toMatchObject({
      ...{ did: 'disabled', generation: 2 },
      processes: [{ state: 'disabled' }, { state: 'disabled' }],
    })
    expect(entriesNow()[1]).toMatchObject({ enabled: false })
    // what was in hand may have brought more before it came to its end
    const orders = await countOrders(client, account)
    expect(orders).toBeGreaterThanOrEqual(before)
    for (const app of [first, second]) {
      const there = await house.owner(app)
      const { body } = await there('GET', '/v1/marketplaces')
      expect(body['data']).toMatchObject([{ code: 'BAZAAR' }])
      expect(await askForSync(there, account)).toBe('marketplace-unknown')
      expect(await countOrders(there, account)).toBe(orders)
    }
    const health = await client('GET', `/v1/marketplace-accounts/${account}/health`)
    expect(health.body).toMatchObject({ state: 'paused' })
    const run = await askForSync(client, accounts['BAZAAR']?.id ?? '')
    await until(() => runOf(run), ({ state }) => state === 'SUCCEEDED')
    const dead = await client('GET', '/v1/dead-letters')
    expect(dead.body['data']).toEqual([])

    const enabled = await house.robnu('plugins', 'enable', 'ajio', '--json')
    expect(enabled.code, enabled.err).toBe(0)
    await until(() => runOf(waiting), ({ state }) => state === 'SUCCEEDED')
    const again = await askForSync(client, account)
    await until(() => runOf(again), ({ state }) => state === 'SUCCEEDED')
  })

  it('whose files have changed is not loaded; everything stays as it was', async () => {
    place.write('robnu-marketplace-ajio/more.ts', '// somebody was here\n')
    const verified = await house.robnu('plugins', 'verify', 'ajio')
    expect(verified.code).toBe(1)
    expect(verified.err).toContain('integrity: its files are')
    const before = configText()
    const refused = await house.robnu('plugins', 'restart', 'ajio', '--reason', 'A try')
    expect(refused.code).toBe(1)
    expect(refused.err).toMatch(/^Cannot restart ajio: 1 fault\(s\), and nothing was changed/)
    expect(configText()).toBe(before)
    expect(await pluginsNow()).toEqual(['AJIO', 'BAZAAR'])
  })

  it('that is upgraded in process runs in its old version until a restart, and says so', async () => {
    const module = join(place.folder, 'robnu-marketplace-ajio', 'mod.ts')
    const text = readFileSync(module, 'utf8')
    place.write('robnu-marketplace-ajio/mod.ts', text.replace(/version: '\d/, "version: '9"))
    // this process has the old one in memory, as every process has that runs for long
    const upgraded = await house.robnu('plugins', 'upgrade', 'ajio', '--json', '--no-wait')
    expect(upgraded.code, upgraded.err).toBe(0)
    const list = async () => (await house.robnu('plugins', 'list', '--json')).json()
    const { plugins } = await until(
      list,
      (seen) => JSON.stringify(seen).match(/"state":"restart-needed"/g)?.length === 2,
    ) as { plugins: { plugin: string; causes: string[] }[] }
    expect(plugins[1]?.causes.join()).toContain('restart this process')
    expect(await pluginsNow()).toEqual(['AJIO', 'BAZAAR'])
    const health = await (await fetch(`${second.url()}/healthz`)).json()
    expect(health).toEqual({ status: 'degraded', plugins: { ajio: 'restart-needed' } })
  })
})

describe('a product surface', () => {
  const text = `import { API, definePlugin } from 'robnu/plugin'
import { z } from 'zod'
const answer = z.object({ ok: z.boolean() })
export default definePlugin({
  id: 'clerk', api: API, version: '1.0.0',
  permissions: { 'clerk:write': ['OWNER'] },
  queues: [{ name: 'clerk-later', kind: 'standard' }],
  consumers: [{
    queue: 'clerk-later',
    body: z.object({ n: z.number() }),
    handle: (body, ctx) => Promise.resolve(ctx.log('handled', body)),
  }],
  sweeps: [{ id: 'clerk-nightly', cron: '0 2 * * *', run: (ctx) => Promise.resolve(ctx.log('swept')) }],
  routes: [{
    method: 'post', path: '/clerk', permission: 'clerk:write', summary: 'Asks the clerk', answer,
    handle: async (_input, ctx) => {
      await ctx.scope((tx) => tx.send('clerk-later', { n: 7 }))
      return { ok: true }
    },
  }],
})\n`
  let accepted = 0
  const post = async () => {
    const answer = await client('POST', '/v1/clerk')
    if (answer.status === 200) accepted++
    return answer
  }
  const saw = (event: string) =>
    Promise.resolve(house.logged.filter((line) => line.includes(`"clerk.${event}"`)).length)
  const edit = (...more: readonly object[]) => {
    const plugins = entriesNow().filter(({ use }) => use !== './clerk')
    place.write('house/robnu.config.json', JSON.stringify({ plugins: [...plugins, ...more] }))
  }

  it('comes with its route, queue, consumer and sweep when the file is edited by hand', async () => {
    place.write('house/clerk/mod.js', text)
    expect((await post()).status).toBe(404)
    edit({ use: './clerk' })
    const asked = await until(post, ({ status }) => status !== 404)
    expect([asked.status, asked.body]).toEqual([200, { ok: true }])
    await until(() => saw('handled'), (count) => count === accepted)
    await until(() => saw('swept'), (count) => count === 1)
    const document = await (await fetch(`${first.url()}/openapi.json`)).json()
    expect(document.paths).toHaveProperty('/v1/clerk')
    const { body } = await client('GET', '/v1/me')
    expect(JSON.stringify(body)).toContain('clerk:write')
  })

  it('goes with all of them, and what was sent waits until it is back', async () => {
    edit()
    await until(post, ({ status }) => status === 404)
    expect((await client('GET', '/v1/me')).body).not.toMatchObject({ permissions: ['clerk:write'] })
    edit({ use: './clerk' })
    await until(() => saw('handled'), (count) => count === accepted)
    edit()
    await until(post, ({ status }) => status === 404)
    expect((await client('GET', '/v1/dead-letters')).body['data']).toEqual([])
  })
})

describe('an isolated plugin', () => {
  const moduleOf = (version: string, more = '') =>
    `import { API, definePlugin } from 'robnu/plugin'
export default definePlugin({ id: 'badge', api: API, version: '${version}', ${more}
  start: (ctx) => { ctx.log('began', { version: '${version}' }); return Promise.resolve(() => Promise.resolve()) },
})\n`
  const began = (version: string) =>
    house.logged.filter((line) =>
      line.includes('"badge.began"') && line.includes(`"version":"${version}"`)
    ).length

  it('is enabled, and an upgrade replaces it alone, at once', async () => {
    place.write('badge/package.json', '{ "name": "badge", "type": "module" }')
    place.write('badge/mod.js', moduleOf('1.0.0'))
    const added = await house.robnu('plugins', 'add', '../badge', '--isolated')
    expect(added.code, added.err).toBe(0)
    const enabled = await house.robnu('plugins', 'enable', 'badge', '--json')
    expect(enabled.code, enabled.err).toBe(0)
    expect(began('1.0.0')).toBe(2)
    place.write('badge/mod.js', moduleOf('2.0.0'))
    const upgraded = await house.robnu('plugins', 'upgrade', 'badge', '--json')
    expect(upgraded.code, upgraded.err).toBe(0)
    expect(upgraded.json()).toMatchObject({
      processes: [
        { state: 'running', version: '2.0.0', trust: 'isolated' },
        { state: 'running', version: '2.0.0', trust: 'isolated' },
      ],
    })
    expect([began('1.0.0'), began('2.0.0')]).toEqual([2, 2])
    expect(await pluginsNow()).toEqual(['AJIO', 'BAZAAR'])
  })

  it('of which the new version is broken stays in its old one, and every fault is told', async () => {
    const before = configText()
    place.write('badge/mod.js', moduleOf('3', `needs: ['moon'], tables: ['orders'],`))
    const refused = await house.robnu('plugins', 'upgrade', 'badge')
    expect(refused.code).toBe(1)
    for (const told of ['badge version: ', 'badge needs: ', 'badge tables[0]: ']) {
      expect(refused.err).toContain(`\n  ${told}`)
    }
    expect(configText()).toBe(before)
    const { plugins } = (await house.robnu('plugins', 'list', '--json')).json() as {
      plugins: { plugin: string; processes: { state: string; version: string }[] }[]
    }
    expect(
      plugins.find(({ plugin }) => plugin === 'badge')?.processes.map((
        { state, version },
      ) => [state, version]),
    ).toEqual([
      ...[['running', '2.0.0'], ['running', '2.0.0']],
    ])
  })
})

describe('what ops did', () => {
  it('is in the trail of the org, with who and why', async () => {
    const rows = await fresh.asSuperuser((sql) =>
      sql`select target, data from org_audit_events where action = 'plugin.changed' order by seq`
    )
    const told = rows.map(({ data }) => JSON.parse(data))
    expect(told.map(({ did, generation, by }) => [did, generation, by])).toEqual([
      ...[['enabled', 1, 'asha'], ['disabled', 2, 'asha'], ['enabled', 3, 'asha']],
      ...[['upgraded', 4, 'asha'], ['enabled', 1, 'asha'], ['upgraded', 2, 'asha']],
    ])
    expect(told[1]?.reason).toBe('They changed their API')
    expect(rows[0]?.['target']).toBe('plugin:ajio')
  })

  it('leaves no row of a process that has stopped', async () => {
    await second.stop()
    const rows = await fresh.asSuperuser((sql) =>
      sql`select distinct process_id from plugin_states`
    )
    expect(rows).toHaveLength(1)
  })
})
