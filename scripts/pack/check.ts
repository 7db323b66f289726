/** Whether the package can stand alone: what its files name is there, or is one of its dependencies. */
import { existsSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join } from 'node:path'
import { importsOf } from '../lint/imports.ts'
import { codeOf, tokensOf } from '../lint/tokens.ts'
import type { Manifest } from './manifest.ts'

/** What is written here are names of files of others. */
const writesForOthers = /^scripts\/cli\/scaffold\//

/** One sentence for each fault; `scripts` are paths in the folder of what runs. */
export const packageFaults = (
  folder: string,
  scripts: readonly string[],
  manifest: Manifest,
): readonly string[] => {
  const packages = new Set([
    ...Object.keys(manifest.dependencies),
    ...Object.keys(manifest.optionalDependencies),
    manifest.name,
  ])
  return scripts.flatMap((path) => {
    const file = join(folder, path)
    const text = readFileSync(file, 'utf8')
    const missing = importsOf(text).flatMap(({ specifier }) => {
      if (specifier === null || isBuiltin(specifier)) return []
      if (specifier.startsWith('.')) {
        return existsSync(join(dirname(file), specifier)) ? [] : specifier
      }
      return packages.has(packageOf(specifier)) ? [] : specifier
    })
    const sources = writesForOthers.test(path) ? [] : codeOf(tokensOf(text))
      .filter(({ kind, text: named }) =>
        kind === 'string' && /^['"][\w.-]*\/[\w./-]+\.ts['"]$/.test(named)
      )
      .map(({ text: named }) => named.slice(1, -1))
      .filter((named) =>
        !existsSync(join(folder, named)) && !existsSync(join(dirname(file), named))
      )
    return [
      ...missing.map((specifier) => `${path}: imports "${specifier}", which is not in the package`),
      ...sources.map((named) =>
        `${path}: names the source "${named}", which is not in the package`
      ),
    ]
  })
}

const packageOf = (specifier: string): string =>
  specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
