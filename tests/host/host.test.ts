/** The whole way of plugins into the application, and one start that tells everything. */
import { describe, expect, it } from 'vitest'
import { openHost } from '../../core/host/host.ts'
import { bazaarDir } from '../support/bazaar/world.ts'
import { errorFrom, faultsFrom, folderOf, source } from './support/plugins.ts'

const entries = (...uses: readonly (string | readonly [use: string, config: unknown])[]) =>
  uses.map((one) =>
    typeof one === 'string' ? { use: one, config: undefined } : { use: one[0], config: one[1] }
  )

describe('a host', () => {
  it('without plugins is open', async () => {
    const host = await openHost([], bazaarDir)
    expect(host).toMatchObject({ plugins: [], marketplaces: [] })
    expect(host.configOf('bazaar')).toBeUndefined()
  })

  it('has its plugins in the order in which they start', async () => {
    const host = await openHost(entries('./tally/mod.ts', './mod.ts'), bazaarDir)
    expect(host.plugins.map(({ plugin }) => plugin.id)).toEqual(['bazaar', 'tally'])
    expect(host.marketplaces.map(({ code }) => code)).toEqual(['BAZAAR'])
  })

  it('hands each plugin its configuration as its own schema gives it', async () => {
    const host = await openHost(
      entries(['./mod.ts', { pageSize: 7 }], ['./tally/mod.ts', { ignored: true }]),
      bazaarDir,
    )
    expect(host.configOf('bazaar')).toEqual({ pageSize: 7, overlapHours: 24, queueUrl: null })
    expect(host.configOf('tally')).toBeUndefined()
  })

  it('gives a plugin its defaults when nothing is configured', async () => {
    const host = await openHost(entries('./mod.ts'), bazaarDir)
    expect(host.configOf('bazaar')).toEqual({ pageSize: 50, overlapHours: 24, queueUrl: null })
  })
})

describe('a wrong configuration of a plugin', () => {
  it('is told member by member, by name and path', async () => {
    const wrong = { pageSize: 'many', overlapHours: -1, colour: 'red' }
    const faults = await faultsFrom(openHost(entries(['./mod.ts', wrong]), bazaarDir))
    expect(faults.map(({ plugin, path }) => [plugin, path]).toSorted()).toEqual([
      ...[['bazaar', 'config'], ['bazaar', 'config.overlapHours'], ['bazaar', 'config.pageSize']],
    ])
    expect(faults.find(({ path }) => path === 'config')?.message).toContain('colour')
  })
})

describe('a start', () => {
  it('tells all faults of all plugins at once, each with plugin, path and remedy', async () => {
    const folder = await folderOf({
      'none.mjs': 'export default 7',
      'throws.mjs': `throw new Error('no licence')`,
      'Wrong.mjs': source(`id: 'wrong', tables: ['orders'], needs: ['moon', 'right'], api: 3`),
      'right.mjs': source(`id: 'right', needs: ['wrong']`),
    })
    const uses = entries(
      ...['./none.mjs', './throws.mjs', './missing.mjs', './Wrong.mjs', './right.mjs'],
      [`${bazaarDir}mod.ts`, { pageSize: 0 }],
    )
    const error = await errorFrom(openHost(uses, folder))
    const lines = error.message.split('\n')
    const faults = await faultsFrom(openHost(uses, folder))
    expect(lines[0]).toBe(`Cannot start: ${faults.length} fault(s) in plugins`)
    expect(lines.slice(1)).toHaveLength(faults.length)
    const expected = [
      [/^ {2}\.\/none\.mjs: /, 'export default definePlugin('],
      [/^ {2}\.\/throws\.mjs: /, 'no licence'],
      [/^ {2}\.\/missing\.mjs: /, 'missing.mjs'],
      [/^ {2}wrong api: /, 'found 3'],
      [/^ {2}wrong tables\[0\]: /, 'must begin with "wrong_"'],
      [/^ {2}wrong needs: /, 'enable it as well'],
      [/^ {2}wrong needs: /, 'circle: wrong → right → wrong'],
      [/^ {2}bazaar config\.pageSize: /, ''],
    ] as const
    for (const [begin, remedy] of expected) {
      expect(lines.filter((line) => begin.test(line) && line.includes(remedy))).toHaveLength(1)
    }
    expect(faults).toHaveLength(expected.length)
  })

  it('with the same plugin twice is refused', async () => {
    const faults = await faultsFrom(openHost(entries('./mod.ts', '../bazaar/mod.ts'), bazaarDir))
    expect(faults.filter(({ path }) => path === 'id')).toHaveLength(2)
  })

  it('tells a configuration that is no schema, and a list that is none, with all else', async () => {
    const folder = await folderOf({ 'mod.mjs': source(`id: 'odd', config: {}, needs: 7, api: 0`) })
    const faults = await faultsFrom(openHost(entries(['./mod.mjs', {}]), folder))
    expect(faults.map(({ path }) => path).toSorted()).toEqual(['api', 'config', 'needs'])
  })
})
