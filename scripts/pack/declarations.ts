/** Emitted declarations as a graph: which names a module exports, and what each of them needs. */
import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

export interface Named {
  readonly module: string
  readonly name: string
}
export interface Module {
  /** The statements that declare a name; a function may have several. */
  readonly declared: ReadonlyMap<string, readonly string[]>
  /** Names that mean something of another module: imported, or exported from there. */
  readonly elsewhere: ReadonlyMap<string, Named>
  readonly exported: readonly string[]
}

/** Reads `<folder>/<module>.d.ts`; `module` is a path without its ending: `core/plugin`. */
export const readModule = (folder: string, module: string): Module => {
  const declared = new Map<string, string[]>()
  const elsewhere = new Map<string, Named>()
  const exported: string[] = []
  for (const statement of statementsOf(readFileSync(join(folder, `${module}.d.ts`), 'utf8'))) {
    const names = namesIn(statement)
    const from = / from '(\.[^']+)\.js';$/.exec(statement)?.[1]
    const target = from && posix.join(posix.dirname(module), from)
    for (const [name, local] of names) {
      if (target !== undefined) elsewhere.set(local, { module: target, name })
      if (statement.startsWith('export')) exported.push(local)
    }
    const name = declaredName.exec(statement)?.[1]
    if (name === undefined) continue
    declared.set(name, [...declared.get(name) ?? [], statement])
    if (statement.startsWith('export')) exported.push(name)
  }
  return { declared, elsewhere, exported: [...new Set(exported)] }
}

/** Names of a statement that may belong to others, whatever else is among them. */
export const wordsOf = (statement: string): readonly string[] => [
  ...new Set(statement.match(/[A-Za-z_$][\w$]*/g)),
]

/** Where a type is imported in the middle of another: `import('./x.js').Name`. */
export const importedInside = (module: string, statement: string): readonly Named[] =>
  [...statement.matchAll(/import\(['"](\.[^'"]+)\.js['"]\)\.(\w+)/g)].map((
    [, path = '', name = ''],
  ) => ({
    module: posix.join(posix.dirname(module), path),
    name,
  }))

const declaredName =
  /^(?:export )?(?:declare )?(?:const|let|function|class|interface|type|enum|namespace) (\w+)/

/** `{ a, b as c }` and `type { … }`: the name over there, and the one here. */
const namesIn = (statement: string): readonly (readonly [string, string])[] => {
  const list = /^(?:import|export)(?: type)? \{([^}]*)\}/.exec(statement)?.[1]
  return (list ?? '').split(',').map((part) => part.trim().replace(/^type /, '')).filter(Boolean)
    .map((part) => {
      const [name = '', local = name] = part.split(/ as /)
      return [name, local] as const
    })
}

/** tsc begins each statement of a module at the margin, and nothing else but its end. */
const statementsOf = (text: string): readonly string[] =>
  text.replaceAll(/\/\*\*?[^]*?\*\//g, '').split('\n').filter((line) =>
    line.trim() !== '' && !line.trim().startsWith('//')
  )
    .reduce<string[]>((statements, line) => {
      if (/^(?:export|import|declare|interface|type|const)\b/.test(line)) {
        return [...statements, line]
      }
      return [...statements.slice(0, -1), `${statements.at(-1) ?? ''}\n${line}`]
    }, [])
