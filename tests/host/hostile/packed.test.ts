/** The hostile plugin as somebody would install it: a package of plain JavaScript, pinned and isolated. */
import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { stopProcesses } from '../../../core/host/host.ts'
import { integrityOf } from '../../../core/host/integrity.ts'
import { loadPlugins } from '../../../core/host/load.ts'
import type { JobContext } from '../../../core/plugin.ts'
import { attackTable } from '../../support/hostile/table.ts'
import { outside } from '../support/outside.ts'
import { layOut } from './house.ts'

const use = './robnu-hostile/mod.js'

const install = (): { readonly folder: string; readonly package: string } => {
  const place = outside()
  onTestFinished(place.remove)
  place.copy('tests/support/hostile', 'robnu-hostile')
  const folder = join(place.folder, 'robnu-hostile')
  for (const name of readdirSync(folder).filter((name) => name.endsWith('.ts'))) {
    const text = stripTypeScriptTypes(readFileSync(join(folder, name), 'utf8'))
    writeFileSync(
      join(folder, name.replace(/\.ts$/, '.js')),
      text.replaceAll(/(from '\.\/[\w-]+)\.ts'/g, `$1.js'`),
    )
    rmSync(join(folder, name))
  }
  const manifest = { name: 'robnu-hostile', version: '1.0.0', type: 'module', exports: './mod.js' }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  return { folder: place.folder, package: folder }
}

it('is loaded as it was pinned, and gets no further than from its sources', async () => {
  const place = install()
  const { given, close } = await layOut()
  onTestFinished(close)
  const entry = { use, config: undefined, trust: 'isolated' } as const
  const pinned = { ...entry, integrity: await integrityOf(place.package) }
  const { plugins, faults } = await loadPlugins([pinned], place.folder)
  onTestFinished(() => stopProcesses(plugins))
  expect(faults).toEqual([])
  const [{ plugin, process } = {}] = plugins
  const [route] = plugin?.routes ?? []
  if (!route) throw new Error('It was not loaded')
  const nowhere = () => Promise.reject(new Error('There is no house here'))
  const ctx = {
    ...{ config: undefined, key: 'k', signal: new AbortController().signal },
    ...{ now: () => new Date(), log: () => {} },
    ...{ http: nowhere, download: nowhere, scope: nowhere, make: nowhere },
  }
  const attempt = (attack: string) =>
    route.handle(
      { params: {}, query: {}, body: { attack, given } },
      ctx as unknown as JobContext,
    )
  const safe = attackTable.filter(({ name }) =>
    /file|environment|raw-|program|commonjs|native|signal/.test(name) &&
    !/server|program$/.test(name)
  )
  expect(safe.length).toBeGreaterThan(10)
  // it does run
  expect(await attempt('prototype-of-objects')).toEqual({ got: 'got boolean' })
  for (const { name } of safe) await expect(attempt(name), name).rejects.toThrow()
  await expect(attempt('exit')).rejects.toThrow('is not running')
  expect(process?.state()).toMatchObject({ state: 'failed', cause: 'exited with code 3' })
})

it('with one byte more no process is started for it', async () => {
  const place = install()
  const integrity = await integrityOf(place.package)
  appendFileSync(join(place.package, 'attacks.js'), '\n')
  const entry = { use, config: undefined, trust: 'isolated', integrity } as const
  const { plugins, faults } = await loadPlugins([entry], place.folder)
  onTestFinished(() => stopProcesses(plugins))
  expect(plugins).toEqual([])
  expect(faults).toMatchObject([{ plugin: use, path: 'integrity' }])
})
