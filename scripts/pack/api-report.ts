/** The whole public surface of `robnu/plugin` and `robnu/testing` as one text that is reviewed. */
import { join } from 'node:path'
import { compile } from './compile.ts'
import { importedInside, type Module, type Named, readModule, wordsOf } from './declarations.ts'
import { inPackingFolder } from './pack.ts'
import { entries, projectFolder, publicSources } from './sources.ts'

export const reportFile = join(projectFolder, 'core', 'plugin', 'api.md')

const head = `<!-- deno-fmt-ignore-file -->

# The public surface

Made from the declarations that the package ships; a test fails where the two differ.
\`npm run pack -- --api\` writes it anew, for the review to see what has changed.

Authors build on every line of \`robnu/plugin\`. A new optional member, and a new export, are free. To
take one away, to rename or to narrow one, or to ask for one that was optional, breaks their plugins:
that needs \`API\` to be the next integer. The host refuses a plugin of another one, and says which
version of it to install.
`

/** Compiles what others may import, and nothing else. */
export const apiReport = (): string =>
  inPackingFolder((folder) => {
    const out = join(folder, 'out')
    const sources = publicSources()
    compile({ sources, draft: join(folder, 'draft'), out, emit: 'declarations' })
    return [head, ...entries.map(({ name, module }) => sectionOf(name, module, out))].join('\n')
  })

const sectionOf = (title: string, entry: string, folder: string): string => {
  const known = new Map<string, Module>()
  const moduleOf = (path: string): Module => {
    const module = known.get(path) ?? readModule(folder, path)
    known.set(path, module)
    return module
  }
  /** The place that declares it, however often it is handed on. */
  const origin = ({ module, name }: Named): Named => {
    const next = moduleOf(module).elsewhere.get(name)
    return next === undefined ? { module, name } : origin(next)
  }
  const texts = new Map<string, { readonly name: string; readonly text: string }>()
  const visit = (named: Named): void => {
    const { module, name } = origin(named)
    const key = `${module} ${name}`
    const statements = moduleOf(module).declared.get(name)
    if (statements === undefined || texts.has(key)) return
    const text = statements.map(asRead).join('\n')
    texts.set(key, { name, text })
    const { declared, elsewhere } = moduleOf(module)
    for (const word of statements.flatMap(wordsOf)) {
      if (declared.has(word) || elsewhere.has(word)) visit({ module, name: word })
    }
    for (const one of statements.flatMap((text) => importedInside(module, text))) visit(one)
  }
  const exported = moduleOf(entry).exported.toSorted()
  for (const name of exported) visit({ module: entry, name })
  const isOut = new Set(exported)
  const sorted = [...texts.values()].toSorted((a, b) => a.name < b.name ? -1 : 1)
  const list = (those: typeof sorted) => those.map(({ text }) => text).join('\n')
  const inner = sorted.filter(({ name }) => !isOut.has(name))
  return [
    `## ${title}\n`,
    '```ts',
    list(sorted.filter(({ name }) => isOut.has(name))),
    '```\n',
    ...(inner.length === 0
      ? []
      : ['Named by these, and not exported:\n', '```ts', list(inner), '```\n']),
  ].join('\n')
}

/** Two spaces deep, as the sources are. */
const asRead = (statement: string): string =>
  statement.replace(/^export (?:declare )?|^declare /, '')
    .replaceAll(/^(?: {4})+/gm, (indent) => ' '.repeat(indent.length / 2))
