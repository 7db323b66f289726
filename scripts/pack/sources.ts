/** Which files of the project go into the package, and which stay at home. */
import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { proofFiles } from '#core/http/security-page.ts'
import { importsOf } from '../lint/imports.ts'

export const projectFolder = fileURLToPath(new URL('../..', import.meta.url))

export interface PackedFiles {
  /** Becomes JavaScript with declarations. */
  readonly sources: readonly string[]
  /** Goes as it is: SQL, JSON, plain JavaScript, documentation, templates. */
  readonly assets: readonly string[]
}

const folders = ['core', 'marketplaces', 'migrations', 'plugins', 'scripts']
/** Tests, and what only the project's own development needs. */
const left = [
  /(?:^|\/)tests\//,
  /\.test\.ts$/,
  /^scripts\/(?:bench|lint|pack|proof)\//,
  /^scripts\/(?:pack|proof|setup|test|test-browser)\.(?:ts|mjs)$/,
]
/** Files that an author gets, and nobody here runs. */
const asIs = /^scripts\/cli\/templates\//

/** Paths from the project's root, in one order on every machine. */
export const packedFiles = (): PackedFiles => {
  const all = folders.flatMap(listFiles)
    .filter((path) => asIs.test(path) || !left.some((out) => out.test(path)))
  const isSource = (path: string) => path.endsWith('.ts') && !asIs.test(path)
  return {
    sources: withImported(all.filter(isSource)),
    assets: [
      ...all.filter((path) => !isSource(path)),
      ...['LICENSE', 'README.md', 'CHANGELOG.md'],
      // the page /security serves the tests that it names
      ...proofFiles.values(),
    ].toSorted(),
  }
}

/** What others may import: the name, and the module without its ending. */
export const entries = [
  { name: 'robnu/plugin', module: 'core/plugin' },
  { name: 'robnu/testing', module: 'core/testing/mod' },
] as const

/** The sources of the entries, and what those import: they alone need declarations. */
export const publicSources = (): readonly string[] =>
  reachedFrom(entries.map(({ module }) => `${module}.ts`), () => true)

/** A file of our development that an installation needs goes along, tests never. */
const withImported = (sources: readonly string[]): readonly string[] =>
  reachedFrom(sources, (path) => path.startsWith('scripts/'))

const reachedFrom = (
  sources: readonly string[],
  isWanted: (path: string) => boolean,
): readonly string[] => {
  const reached = new Set(sources)
  // a set goes on with what is added while it is walked
  for (const path of reached) {
    for (const { specifier } of importsOf(readFileSync(`${projectFolder}${path}`, 'utf8'))) {
      const target = specifier?.startsWith('#core/')
        ? specifier.slice(1)
        : specifier?.startsWith('.') && posix.join(posix.dirname(path), specifier)
      if (target && target.endsWith('.ts') && isWanted(target)) reached.add(target)
    }
  }
  return [...reached].toSorted()
}

const listFiles = (folder: string): readonly string[] =>
  readdirSync(`${projectFolder}${folder}`, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : listFiles(path)
    return entry.isFile() ? [path] : []
  })
