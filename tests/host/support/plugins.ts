/** Plugins for the host's rules: sound ones to be broken, and folders to load them from. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { LoadedPlugin, PluginFault } from '../../../core/host/load.ts'
import { API, defineMarketplace, definePlugin, type Marketplace } from '../../../core/plugin.ts'
import type { Plugin } from '../../../core/plugin.ts'
import bazaar from '../../support/bazaar/mod.ts'

/** Changes of any type, as JavaScript makes them. */
export type Changes = Readonly<Record<string, unknown>>

export const surface = (changes: Changes = {}): Plugin =>
  definePlugin({ id: 'tally', api: API, version: '1.2.3', ...changes })
export const marketplace = (changes: Changes = {}): Marketplace =>
  defineMarketplace({ ...bazaar, ...changes } as Marketplace)

export const loaded = (plugin: Plugin, config?: unknown): LoadedPlugin => ({
  ...{ plugin, use: `./${plugin.id}/mod.ts`, url: `file:///${plugin.id}/mod.ts`, config },
})

/** A folder of its own with these files, gone when the test is over. */
export const folderOf = async (files: Readonly<Record<string, string>>): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'robnu-host-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  return folder
}

const contract = new URL('../../../core/plugin.ts', import.meta.url).href
/** The source of a plugin as a stranger publishes it: JavaScript. */
export const source = (members: string): string =>
  `import { definePlugin } from '${contract}'
export default definePlugin({ api: 1, version: '1.0.0', ${members} })
`

/** The faults that a start prints, from its error. */
export const faultsFrom = async (start: Promise<unknown>): Promise<readonly PluginFault[]> => {
  const error = await errorFrom(start)
  const { faults } = error as { faults?: readonly PluginFault[] }
  if (!faults) throw error
  return faults
}
export const errorFrom = async (promise: Promise<unknown>): Promise<Error> => {
  try {
    await promise
  } catch (error) {
    return error as Error
  }
  throw new Error('Expected an error')
}
