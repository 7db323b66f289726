/** The plugin that the kit is run over: found by folder or package, with its sample beside it. */
import { existsSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { integrityOf } from '#core/host/integrity.ts'
import { isPlugin, type Plugin } from '#core/plugin.ts'
import type { LiveAccount } from '#core/testing/conformance/bench.ts'
import type { Sample } from '#core/testing/conformance/sample.ts'
import { z } from 'zod'

export interface Subject {
  readonly plugin: Plugin
  readonly url: URL
  readonly sample?: Sample
  readonly integrity: string
}

/** Throws in words for the author. */
export const findPlugin = async (what: string, cwd: string): Promise<Subject> => {
  const folder = folderOf(what, cwd)
  const entry = await entryOf(folder)
  const url = pathToFileURL(entry)
  const module: { readonly default?: unknown } = await import(url.href)
  if (!isPlugin(module.default)) {
    throw new Error(`Cannot check "${what}": the default export of its module is no plugin`)
  }
  const beside = ['sample.ts', 'sample.js'].map((name) => join(entry, '..', name)).find(existsSync)
  const sample: { readonly default?: Sample } | undefined = beside === undefined
    ? undefined
    : await import(pathToFileURL(beside).href)
  return {
    ...{ plugin: module.default, url, integrity: await integrityOf(folder) },
    ...(sample?.default ? { sample: sample.default } : {}),
  }
}

const folderOf = (what: string, cwd: string): string => {
  const places = [resolve(cwd, what), join(cwd, 'node_modules', what)]
  const found = places.find((place) => statSync(place, { throwIfNoEntry: false })?.isDirectory())
  if (found !== undefined) return found
  throw new Error(`Cannot check "${what}": there is no such folder, and no such package here`)
}

const Package = z.object({
  main: z.string().optional(),
  exports: z.union([
    z.string(),
    z.object({
      '.': z.union([
        z.string(),
        z.object({ import: z.string().optional(), default: z.string().optional() }),
      ]),
    }),
  ]).optional(),
})

/** `mod.ts` or `mod.js` of the folder, or what its package names. */
const entryOf = async (folder: string): Promise<string> => {
  const found = ['mod.ts', 'mod.js'].map((name) => join(folder, name)).find(existsSync)
  if (found !== undefined) return found
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => '{}')
  const { exports, main } = Package.catch({}).parse(JSON.parse(text))
  const named = typeof exports === 'object' ? exports['.'] : exports
  const path = (typeof named === 'object' ? named.import ?? named.default : named) ?? main
  if (path !== undefined && existsSync(join(folder, path))) return join(folder, path)
  throw new Error(`Cannot check "${folder}": there is no mod.ts, mod.js or package in it`)
}

const Live = z.strictObject({
  externalAccountId: z.string(),
  details: z.unknown(),
  credentials: z.unknown(),
  config: z.unknown().optional(),
  /** True: a session that is over may be refreshed, which ends the pair in the file. */
  mayRefresh: z.boolean().optional(),
})

/** A real account, out of a file that nobody else may read. */
export const readLive = async (
  file: string,
  record: string | undefined,
  cwd: string,
): Promise<LiveAccount> => {
  const text = await readFile(file, 'utf8')
  const parsed = Live.safeParse(JSON.parse(text))
  if (!parsed.success) throw new Error(`Cannot read ${file}: ${z.prettifyError(parsed.error)}`)
  const { externalAccountId, details, credentials, config, mayRefresh } = parsed.data
  return {
    ...{ externalAccountId, details, credentials },
    ...(config === undefined ? {} : { config }),
    ...(mayRefresh === undefined ? {} : { mayRefresh }),
    ...(record === undefined ? {} : { record: pathToFileURL(`${resolve(cwd, record)}/`) }),
  }
}
