/** From a name or path of the configuration to a plugin, or to the reason why not. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { integrityOf } from '../../core/host/integrity.ts'
import { loadPlugins } from '../../core/host/load.ts'
import { isMarketplace } from '../../core/plugin.ts'
import { bazaarDir } from '../support/bazaar/world.ts'
import { folderOf, source } from './support/plugins.ts'

const load = (use: string, configDir = bazaarDir, config?: unknown) =>
  loadPlugins([{ use, config }], configDir)

describe('a plugin is found', () => {
  it.each([
    ['by its path from the configuration', './mod.ts'],
    ['by a path upwards', '../bazaar/mod.ts'],
    ['by its whole path', join(bazaarDir, 'mod.ts')],
    ['by its URL', pathToFileURL(join(bazaarDir, 'mod.ts')).href],
  ])('%s', async (_how, use) => {
    const { plugins, faults } = await load(use, bazaarDir, { pageSize: 7 })
    expect(faults).toEqual([])
    expect(plugins).toMatchObject([{
      ...{ use, config: { pageSize: 7 } },
      url: pathToFileURL(join(bazaarDir, 'mod.ts')).href,
      plugin: { id: 'bazaar', code: 'BAZAAR' },
    }])
    expect(plugins.every(({ plugin }) => isMarketplace(plugin))).toBe(true)
  })

  it('when it is plain JavaScript in a folder elsewhere', async () => {
    const folder = await folderOf({ 'stall/mod.js': source(`id: 'stall'`), 'package.json': esm })
    expect(await load('./stall/mod.js', folder)).toMatchObject({
      ...{ plugins: [{ plugin: { id: 'stall' } }], faults: [] },
    })
  })

  it('by the name of a package beside the configuration, wherever Robnu itself lies', async () => {
    const folder = await folderOf({
      'house/robnu.config.json': '{}',
      'node_modules/robnu-stall/package.json': esm.replace(
        '{',
        '{ "name": "robnu-stall", "exports": "./mod.js",',
      ),
      'node_modules/robnu-stall/mod.js':
        `export default { [Symbol.for('robnu.plugin')]: 1, id: 'stall' }`,
    })
    const entry = { use: 'robnu-stall', config: undefined }
    const { faults } = await loadPlugins([entry], join(folder, 'house'))
    expect(faults).toMatchObject([{ plugin: 'robnu-stall', path: 'integrity' }])
    const integrity = await integrityOf(join(folder, 'node_modules/robnu-stall'))
    const { plugins, faults: none } = await loadPlugins(
      [{ ...entry, integrity }],
      join(folder, 'house'),
    )
    expect(none).toEqual([])
    expect(plugins).toMatchObject([{ plugin: { id: 'stall' } }])
  })

  it('by its folder', async () => {
    const folder = await folderOf({ 'stall/mod.js': source(`id: 'stall'`), 'package.json': esm })
    expect((await load('./stall', folder)).plugins).toMatchObject([{
      ...{ use: './stall', url: pathToFileURL(join(folder, 'stall/mod.js')).href },
    }])
  })

  it('with what it needs beside it', async () => {
    const folder = await folderOf({
      'mod.mjs': source('id').replace('export', `import { id } from './id.mjs'\nexport`),
      'id.mjs': `export const id = 'stall'\n`,
    })
    expect((await load('./mod.mjs', folder)).plugins).toMatchObject([{ plugin: { id: 'stall' } }])
  })
})

describe('what is no plugin', () => {
  it.each([
    ['a plain object', `export default { id: 'x', api: 1, version: '1.0.0' }`],
    ['nothing', 'export default undefined'],
    ['null', 'export default null'],
    ['a function', 'export default () => {}'],
    ['a named export', source(`id: 'x'`).replace('export default', 'export const plugin =')],
  ])('is told how to become one: %s', async (_what, text) => {
    const folder = await folderOf({ 'mod.mjs': text })
    const { plugins, faults } = await load('./mod.mjs', folder)
    expect(plugins).toEqual([])
    expect(faults).toMatchObject([{ plugin: './mod.mjs', path: '' }])
    expect(faults[0]?.message).toContain('export default definePlugin(')
  })

  it.each([
    ['a file that is not there', './missing.mjs', 'missing.mjs'],
    ['a package that is not installed', 'robnu-plugin-of-nobody', 'robnu-plugin-of-nobody'],
    ['a module that throws', './throws.mjs', 'the moon is not full'],
    ['a module that throws text', './throws-text.mjs', 'only text'],
    ['a module of another language', './broken.mjs', ''],
    ['a module without its dependency', './needy.mjs', 'robnu-plugin-of-nobody'],
  ])('is told why it cannot be loaded: %s', async (_what, use, why) => {
    const folder = await folderOf({
      'throws.mjs': `throw new Error('the moon is not full')`,
      'throws-text.mjs': `throw 'only text'`,
      'broken.mjs': 'def plugin: pass',
      'needy.mjs': `import 'robnu-plugin-of-nobody'`,
    })
    const { plugins, faults } = await load(use, folder)
    expect(plugins).toEqual([])
    expect(faults).toMatchObject([{ plugin: use, path: '' }])
    expect(faults[0]?.message).toMatch(/^cannot be loaded: ./)
    expect(faults[0]?.message).toContain(why)
  })
})

it('a plugin that cannot be loaded keeps no other from being loaded', async () => {
  const entries = ['./missing.ts', './mod.ts', './tally/mod.ts', './sandbox.ts']
  const { plugins, faults } = await loadPlugins(
    entries.map((use) => ({ use, config: undefined })),
    bazaarDir,
  )
  expect(plugins.map(({ plugin }) => plugin.id)).toEqual(['bazaar', 'tally'])
  expect(faults.map(({ plugin }) => plugin)).toEqual(['./missing.ts', './sandbox.ts'])
})

const esm = '{"type":"module"}'
