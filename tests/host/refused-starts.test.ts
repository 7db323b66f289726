/** A start that is refused tells every fault of every plugin at once, and has opened nothing. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { openHost } from '../../core/host/host.ts'
import type { PluginFault } from '../../core/host/load.ts'
import { pluginRules } from '../../core/rules/declaration.ts'
import { marketplaceRules } from '../../core/rules/marketplace-declaration.ts'
import { marketMembers, surfaceMembers } from '../../core/rules/plugin-form.ts'
import { brokenPlugins } from '../support/broken-plugins.ts'
import { launch } from '../start/launcher.ts'
import { outside } from './support/outside.ts'
import { errorFrom, faultsFrom, folderOf, source } from './support/plugins.ts'

vi.setConfig({ testTimeout: 60_000 })

const table = fileURLToPath(new URL('../support/broken-plugins.ts', import.meta.url))
const keys = Object.keys(brokenPlugins)
const idOf = (key: string) => `b_${key.replaceAll('-', '_')}`.slice(0, 31)
const moduleOf = (key: string) =>
  `import { brokenPlugin } from ${JSON.stringify(table)}
export default brokenPlugin('${key}', '${idOf(key)}')\n`
const kebab = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** It says what must be, or after a colon what to do. */
const remedy = /\bmust\b|\bneeds\b|: \w/

describe('for every rule of the contract', () => {
  it('there is a plugin that breaks it', () => {
    const members = [...surfaceMembers, ...marketMembers].filter((member) => member !== 'api')
    const rules = [...pluginRules, ...marketplaceRules].map(({ id }) => `declared-${id}`)
    expect(keys.toSorted()).toEqual(
      [...members.map((member) => `form-${kebab(member)}`), ...rules].toSorted(),
    )
  })

  it('one start tells all of them together, each by plugin, path and remedy', async () => {
    const files = Object.fromEntries(keys.map((key) => [`${key}.mjs`, moduleOf(key)]))
    const folder = await folderOf(files)
    const entries = keys.map((key) => ({ use: `./${key}.mjs`, config: undefined }))
    const error = await errorFrom(openHost(entries, folder))
    const faults = (error as Error & { faults: readonly PluginFault[] }).faults
    const [sentence, ...lines] = error.message.split('\n')
    expect(sentence).toBe(`Cannot start: ${faults.length} fault(s) in plugins`)
    expect(lines).toHaveLength(faults.length)
    for (const key of keys) {
      const { path, of } = brokenPlugins[key] ?? { path: '', of: 'plugin' }
      // one that spoils its id is told by what the configuration calls it, or by what it says
      const names = [idOf(key), `./${key}.mjs`, idOf(key).toUpperCase()]
      if (key === 'declared-id-not-core') names.push('core')
      const own = faults.filter((fault) => names.includes(fault.plugin) && fault.path === path)
      expect(own, `${key} of a ${of}`).toHaveLength(1)
    }
    for (const { plugin, path, message } of faults) {
      expect(message, `${plugin} ${path}`).toMatch(remedy)
    }
    // and of none is told more than what it breaks
    expect(faults).toHaveLength(keys.length)
  })
})

const permission = (more: string) => source(`id: 'greedy', ${more}`)
const answer = `{ '~standard': { version: 1, vendor: 'x', validate: (value) => ({ value }) } }`
const route = (of: string) =>
  `routes: [{ method: 'get', path: '/x', summary: 'x', permission: '${of}', answer: ${answer}, handle: () => {} }]`

describe('rights', () => {
  it.each([
    ['of core', `permissions: { 'orders:read': ['OWNER'] }`, 'permissions["orders:read"]', 'taken'],
    ['of staff', `permissions: { 'staff:all': ['OWNER'] }`, 'permissions["staff:all"]', 'staff'],
    ['that nobody declares', route('greedy:read'), 'routes[0].permission', 'add it'],
    ['of everybody', route('public'), 'routes[0].permission', 'roles of a seller'],
    ['of a member of staff', route('staff:audit'), 'routes[0].permission', 'roles of a seller'],
  ])('%s cannot be taken', async (_what, more, path, message) => {
    const folder = await folderOf({ 'mod.mjs': permission(more) })
    const faults = await faultsFrom(openHost([{ use: './mod.mjs', config: undefined }], folder))
    expect(faults).toMatchObject([{ plugin: 'greedy', path }])
    expect(faults[0]?.message).toContain(message)
  })

  it('cannot be declared by two', async () => {
    const declares = `permissions: { 'tally:read': ['OWNER'] }`
    const folder = await folderOf({
      'a.mjs': source(`id: 'first', ${declares}`),
      'b.mjs': source(`id: 'second', ${declares}`),
    })
    const entries = ['./a.mjs', './b.mjs'].map((use) => ({ use, config: undefined }))
    const faults = await faultsFrom(openHost(entries, folder))
    expect(faults).toMatchObject([{ plugin: 'second', path: 'permissions["tally:read"]' }])
  })
})

describe('ten broken plugins', () => {
  const ten = () => {
    const place = outside()
    onTestFinished(place.remove)
    const own = (name: string, text: string) => place.write(`house/${name}`, text)
    own('none.mjs', 'export default 7')
    own('throws.mjs', `throw new Error('no licence')`)
    own('circle-a.mjs', source(`id: 'round', needs: ['trip']`))
    own('circle-b.mjs', source(`id: 'trip', needs: ['round']`))
    own('old.mjs', source(`id: 'old', api: 0, version: 'new'`))
    own('greedy.mjs', permission(`permissions: { 'orders:read': ['OWNER'] }`))
    own('set.mjs', source(`id: 'settings', config: {}, tables: ['orders']`))
    place.write('foreign/package.json', '{ "name": "foreign" }')
    place.write('foreign/mod.mjs', source(`id: 'foreign'`))
    const plugins: Record<string, unknown>[] = [
      './none.mjs',
      './throws.mjs',
      './missing.mjs',
      './circle-a.mjs',
      './circle-b.mjs',
      './old.mjs',
      './greedy.mjs',
      './set.mjs',
      '../foreign/mod.mjs',
    ].map((use) => ({ use }))
    plugins.push({ use: './old.mjs', enabeld: true })
    plugins.push({ use: './greedy.mjs', config: { key: { $env: 'ROBNU_TEST_NOBODY_SETS_THIS' } } })
    own('robnu.config.json', JSON.stringify({ plugins, colour: 'red' }))
    return place
  }
  const told = [
    /robnu\.config\.json: \/colour: is no key/,
    /robnu\.config\.json: \/plugins\/9\/enabeld: .*did you mean "enabled"/,
    /robnu\.config\.json: \/plugins\/10\/config\/key\/\$env: .*set it/,
    /\.\/none\.mjs: .*export default definePlugin/,
    /\.\/throws\.mjs: .*no licence/,
    /\.\/missing\.mjs: cannot be loaded/,
    /needs: goes round in a circle/,
    /old api: must be 1/,
    /old version: must be/,
    /greedy permissions\["orders:read"\]: it is taken already/,
    /settings config: must be a Standard Schema/,
    /settings tables\[0\]: must begin/,
    /\.\.\/foreign\/mod\.mjs integrity: .*"integrity": "sha256-/,
  ]

  it.each(['scripts/serve.ts', 'scripts/start.ts'])(
    'are told by %s in one go, with nothing opened',
    async (script) => {
      const place = ten()
      const home = join(place.folder, 'home')
      const { code, out, errors } = await launch({
        ...{ home, script },
        env: {
          ROBNU_CONFIG: place.configFile,
          // nobody listens there: whoever asks would say so
          DATABASE_URL: 'postgres://robnu_app:x@127.0.0.1:9/robnu',
          DATABASE_PLATFORM_URL: 'postgres://robnu_platform:x@127.0.0.1:9/robnu',
          AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
          ...{ ROBNU_JWT_KEYS: '{"keys":[{"kty":"OKP"}]}' },
          ...{ ROBNU_AUDIT_KEYS: '{"keys":[{"kty":"OKP"}]}' },
          ROBNU_SECRET: 'a secret of a test, 32 characters or more',
        },
      }).ended
      expect(code, errors).toBe(1)
      const lines = errors.trimEnd().split('\n').filter((line) => /^ {2}\S/.test(line))
      for (const pattern of told) expect(errors).toMatch(pattern)
      expect(lines.filter((line) => !line.includes('doctor'))).toHaveLength(told.length)
      expect(out.filter((line) => line.startsWith('{'))).toEqual([])
      expect(existsSync(home) ? readdirSync(home) : []).toEqual([])
    },
  )
})
