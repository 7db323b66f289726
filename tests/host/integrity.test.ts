/** A plugin from outside is loaded as it was pinned, or not at all. */
import fc from 'fast-check'
import { chmod, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { integrityFault, integrityOf } from '../../core/host/integrity.ts'
import { loadPlugins } from '../../core/host/load.ts'
import { folderOf, source } from './support/plugins.ts'

const files = {
  'package.json': '{"name":"robnu-stall","type":"module","exports":"./dist/mod.js"}',
  'dist/mod.js': source(`id: 'stall'`).replace('export', `import './goods.js'\nexport`),
  'dist/goods.js': 'globalThis.robnuStallWasRun = true\n',
  'migrations/0001_stall.sql': 'select 1;\n',
  'data/größe.txt': '42',
}
/** Whether it was, since the last time somebody asked. */
const wasRun = (): boolean => {
  const world = globalThis as { robnuStallWasRun?: boolean }
  const was = world.robnuStallWasRun === true
  world.robnuStallWasRun = false
  return was
}

/** A stall beside a project that may enable it, and the way to try. */
const stallOf = async (more: Readonly<Record<string, string>> = {}) => {
  wasRun()
  const root = await folderOf({
    ...Object.fromEntries(Object.entries(files).map(([name, text]) => [`stall/${name}`, text])),
    ...more,
    'project/robnu.config.json': '{}',
  })
  const folder = join(root, 'stall')
  const load = async (integrity?: string, use = '../stall/dist/mod.js') => {
    const entry = { use, config: {}, ...(integrity === undefined ? {} : { integrity }) }
    const { plugins, faults } = await loadPlugins([entry], join(root, 'project'))
    return { ids: plugins.map(({ plugin }) => plugin.id), faults }
  }
  return { root, folder, load, entry: join(folder, 'dist/mod.js') }
}

describe('a plugin from outside of the project', () => {
  it('is not loaded before somebody has pinned it; the fault tells the value', async () => {
    const { folder, load } = await stallOf()
    const { ids, faults } = await load()
    expect(ids).toEqual([])
    expect(faults).toMatchObject([{ plugin: '../stall/dist/mod.js', path: 'integrity' }])
    expect(faults[0]?.message).toContain(`"integrity": "${await integrityOf(folder)}"`)
    expect(faults[0]?.message).toContain('robnu plugins add ../stall/dist/mod.js')
  })

  it('is loaded as it was pinned', async () => {
    const { folder, load } = await stallOf()
    expect(await load(await integrityOf(folder))).toEqual({ ids: ['stall'], faults: [] })
    expect(wasRun()).toBe(true)
  })

  it.each(['its whole path', 'its URL'])('is asked for the same by %s', async (how) => {
    const { folder, load, entry } = await stallOf()
    const use = how === 'its URL' ? pathToFileURL(entry).href : entry
    expect((await load(undefined, use)).faults).toMatchObject([{ path: 'integrity' }])
    expect((await load(await integrityOf(folder), use)).ids).toEqual(['stall'])
  })

  it('in our own tree is its folder alone, whatever else lies and changes there', async () => {
    const ours = ['../support/bazaar/', '../support/hostile/'].map((path) =>
      fileURLToPath(new URL(path, import.meta.url))
    )
    const digests = await Promise.all(ours.map(integrityOf))
    expect(new Set(digests).size).toBe(2)
    expect(await integrityOf(join(ours[0] ?? '', 'mod.ts'))).toBe(digests[0])
  })

  it('is one package, wherever in it the look begins', async () => {
    const { folder, entry } = await stallOf()
    const all = await Promise.all([folder, entry, dirname(entry)].map(integrityOf))
    expect(new Set(all).size).toBe(1)
    expect(all[0]).toMatch(/^sha256-[A-Za-z0-9+/]{43}=$/)
  })

  it('has the same digest on every machine', async () => {
    const root = await folderOf({ 'package.json': '{"name":"x"}', 'b/a.js': '', 'b.js': '1' })
    expect(await integrityOf(root)).toBe('sha256-7+JlHKk3IqR7m1BKpB4NKzUQDYato700fojK1GPk83M=')
  })
})

describe('with one byte changed it is not loaded, and nothing of it is run', () => {
  it.each(Object.keys(files))('in %s', async (name) => {
    const { folder, load } = await stallOf()
    const pinned = await integrityOf(folder)
    const path = join(folder, name)
    const bytes = await readFile(path)
    await fc.assert(
      fc.asyncProperty(
        fc.nat(bytes.length - 1),
        fc.integer({ min: 1, max: 255 }),
        async (at, change) => {
          const changed = new Uint8Array(bytes)
          changed[at] = (changed[at] ?? 0) ^ change
          await writeFile(path, changed)
          const { ids, faults } = await load(pinned)
          expect(ids).toEqual([])
          expect(faults).toMatchObject([{ path: 'integrity' }])
        },
      ),
      { numRuns: 25, examples: [[0, 1], [bytes.length - 1, 128]] },
    )
    await writeFile(path, bytes)
    expect(wasRun()).toBe(false)
    expect((await load(pinned)).ids).toEqual(['stall'])
  })
})

describe('also changed is a plugin with', () => {
  it.each<[what: string, change: (folder: string) => Promise<unknown>]>([
    ['a file more', (folder) => writeFile(join(folder, 'dist/more.js'), '')],
    ['a file less', (folder) => rm(join(folder, 'data/größe.txt'))],
    [
      'a file by another name',
      (folder) => rename(join(folder, 'dist/goods.js'), join(folder, 'dist/Goods.js')),
    ],
    [
      'a file in another folder',
      (folder) => rename(join(folder, 'dist/goods.js'), join(folder, 'goods.js')),
    ],
    ['a file that can be run', (folder) => chmod(join(folder, 'dist/goods.js'), 0o755)],
    ['a link to one of its files', (folder) => symlink('goods.js', join(folder, 'dist/link.js'))],
    ['two files that have changed places', async (folder) => {
      await rename(join(folder, 'data/größe.txt'), join(folder, 'data/x'))
      await rename(join(folder, 'migrations/0001_stall.sql'), join(folder, 'data/größe.txt'))
      await rename(join(folder, 'data/x'), join(folder, 'migrations/0001_stall.sql'))
    }],
  ])('%s', async (_what, change) => {
    const { folder, load } = await stallOf()
    const pinned = await integrityOf(folder)
    await change(folder)
    expect((await load(pinned)).ids).toEqual([])
    expect(await integrityOf(folder)).not.toBe(pinned)
    expect(wasRun()).toBe(false)
  })

  it('another target of a link', async () => {
    const { folder } = await stallOf()
    await symlink('goods.js', join(folder, 'dist/link.js'))
    const pinned = await integrityOf(folder)
    await rm(join(folder, 'dist/link.js'))
    await symlink('mod.js', join(folder, 'dist/link.js'))
    expect(await integrityOf(folder)).not.toBe(pinned)
  })
})

it('what it depends on and its history are not part of it', async () => {
  const { folder, load } = await stallOf()
  const pinned = await integrityOf(folder)
  for (const place of ['node_modules/needed', '.git/objects', 'dist/node_modules/needed']) {
    await mkdir(join(folder, place), { recursive: true })
    await writeFile(join(folder, place, 'index.js'), '1')
  }
  await mkdir(join(folder, 'empty'))
  expect((await load(pinned)).ids).toEqual(['stall'])
})

describe('cannot be pinned, and says why:', () => {
  it.each(['../../away.txt', '../node_modules/needed/index.js', '../../nowhere'])(
    'a link to %s',
    async (target) => {
      const { folder, load, root } = await stallOf({ 'stall/node_modules/needed/index.js': '1' })
      await writeFile(join(root, 'away.txt'), '')
      await symlink(target, join(folder, 'dist/link.js'))
      await expect(integrityOf(folder)).rejects.toThrow('"dist/link.js" is a link that leads out')
      const { ids, faults } = await load(`sha256-${'A'.repeat(43)}=`)
      expect(ids).toEqual([])
      expect(faults[0]?.message).toContain('"dist/link.js" is a link that leads out of its folder')
    },
  )

  it('an entry that leads out of its package', async () => {
    const { folder, load, entry, root } = await stallOf({ 'away/evil.js': source(`id: 'evil'`) })
    await rm(entry)
    await symlink(join(root, 'away/evil.js'), entry)
    for (const integrity of [undefined, `sha256-${'A'.repeat(43)}=`]) {
      const { ids, faults } = await load(integrity)
      expect(ids).toEqual([])
      expect(faults[0]?.message).toContain('its entry leads out of the package')
    }
    await expect(integrityOf(folder)).rejects.toThrow('leads out')
  })

  it('a package whose entry is in another package', async () => {
    const { entry, root } = await stallOf()
    const url = pathToFileURL(entry).href
    const faultOf = (use: string) =>
      integrityFault({ use, integrity: undefined }, url, join(root, 'project'))
    expect(await faultOf('robnu-bazaar')).toContain('its entry leads out of the package')
    expect(await faultOf('robnu-stall/dist/mod.js')).toContain('"integrity": "sha256-')
  })

  it('a folder that holds much more than a plugin', async () => {
    const { folder } = await stallOf()
    await writeFile(join(folder, 'large'), new Uint8Array(64 * 1024 * 1024))
    await expect(integrityOf(folder)).rejects.toThrow('a package.json of its own')
  })
})

describe('nothing is loaded from', () => {
  it.each([
    'data:text/javascript,export default {}',
    'https://example.com/mod.js',
    'http://127.0.0.1/mod.js',
    'node:fs',
    'npm:left-pad',
    'jsr:@std/fs',
    'blob:nodedata:1',
  ])('%s', async (use) => {
    const { load } = await stallOf()
    expect(await load(`sha256-${'A'.repeat(43)}=`, use)).toMatchObject({
      ids: [],
      faults: [{ path: 'integrity', message: expect.stringContaining('from elsewhere') }],
    })
  })
})

describe('of the project, and loaded without a digest, is', () => {
  it('what lies beside its configuration', async () => {
    const { root } = await stallOf()
    const { plugins } = await loadPlugins([{ use: './stall/dist/mod.js', config: {} }], root)
    expect(plugins).toHaveLength(1)
  })

  it('what comes with the core', async () => {
    const use = fileURLToPath(new URL('../support/bazaar/mod.ts', import.meta.url))
    const { root } = await stallOf()
    expect((await loadPlugins([{ use, config: {} }], root)).plugins).toHaveLength(1)
  })

  it.each([
    ['what was installed below it', 'node_modules/robnu-stall/mod.js'],
    ['what a link leads away to', 'link/mod.js'],
  ])('not %s', async (_what, path) => {
    const { root } = await stallOf({
      'project/node_modules/robnu-stall/mod.js': source(`id: 'stall'`),
      'away/mod.js': source(`id: 'stall'`),
    })
    await symlink(join(root, 'away'), join(root, 'project/link'))
    const { faults } = await loadPlugins([{ use: `./${path}`, config: {} }], join(root, 'project'))
    expect(faults).toMatchObject([{ path: 'integrity' }])
  })
})
