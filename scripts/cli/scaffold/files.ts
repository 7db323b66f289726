/** The files of a new plugin: a template under other names. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Names, renamed } from './names.ts'
import { packageFiles } from './package-files.ts'

export type Kind = 'marketplace' | 'plugin'
/** Paths from the folder of the plugin, with their texts. */
export type Files = ReadonlyMap<string, string>

const templates = fileURLToPath(new URL('../templates/', import.meta.url))

/** `asPackage`: with what makes it stand alone, and tests that need no runner beside the runtime's. */
export const scaffoldFiles = (kind: Kind, names: Names, asPackage: boolean): Files => {
  const own = [...filesBelow(join(templates, kind))].map(([path, text]) =>
    [
      path,
      asPackage ? text.replaceAll(`from 'vitest'`, `from 'node:test'`) : text,
    ] as const
  )
  const around = asPackage
    ? [...filesBelow(join(templates, 'package')), ...packageFiles(names)]
    : []
  return new Map(
    [...own, ...around].map(([path, text]) => [path, renamed(text, names)] as const)
      .toSorted(([a], [b]) => a < b ? -1 : 1),
  )
}

export const writeFiles = (folder: string, files: Files): void => {
  if (existsSync(folder)) throw new Error(`Cannot write to "${folder}": there is something already`)
  for (const [path, text] of files) {
    const file = join(folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
}

const filesBelow = (folder: string): Files =>
  new Map(
    readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => [
        file.slice(folder.length + 1).replaceAll('\\', '/'),
        readFileSync(file, 'utf8'),
      ]),
  )
