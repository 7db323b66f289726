/** What tsc leaves to be done: specifiers and paths that name a source name its JavaScript. */
import { posix } from 'node:path'
import { importsOf } from '../lint/imports.ts'
import { codeOf, tokensOf } from '../lint/tokens.ts'

interface Change {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** `#core/x.ts` as a path from the file: the package has no inner names. */
export const withRelativeImports = (path: string, source: string): string =>
  changed(
    source,
    importsOf(source).flatMap(({ specifier, start, end }) => {
      if (!specifier?.startsWith('#core/')) return []
      const target = posix.relative(posix.dirname(path), specifier.slice(1))
      return [{ start, end, text: `'${target.startsWith('.') ? target : `./${target}`}'` }]
    }),
  )

/** Declarations: `./x.ts` becomes `./x.js`, beside which TypeScript finds `./x.d.ts`. */
export const withScriptImports = (declarations: string): string =>
  changed(
    declarations,
    importsOf(declarations).flatMap(({ specifier, start, end }) =>
      specifier?.startsWith('.') ? [{ start, end, text: `'${asScript(specifier)}'` }] : []
    ),
  )

/**
 * JavaScript: texts that are the path of a packed source, from the file or from the package's root,
 * as of workers and of what is started as a process.
 */
export const withScriptPaths = (
  path: string,
  script: string,
  sources: ReadonlySet<string>,
): string =>
  changed(
    script,
    codeOf(tokensOf(script)).flatMap(({ kind, text, start }) => {
      if (kind !== 'string' || !/\.ts['"]$/.test(text)) return []
      const named = text.slice(1, -1)
      const isOurs = sources.has(posix.join(posix.dirname(path), named)) || sources.has(named)
      return isOurs ? [{ start, end: start + text.length, text: `'${asScript(named)}'` }] : []
    }),
  )

const asScript = (name: string): string => name.replace(/(?<!\.d)\.ts$/, '.js')

const changed = (source: string, changes: readonly Change[]): string =>
  changes.toReversed().reduce(
    (text, { start, end, text: other }) => text.slice(0, start) + other + text.slice(end),
    source,
  )
