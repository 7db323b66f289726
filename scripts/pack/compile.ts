/** Sources into JavaScript or declarations, by tsc over a copy in which inner names are paths. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { withRelativeImports, withScriptImports, withScriptPaths } from './rewrite.ts'
import { projectFolder } from './sources.ts'

export interface CompileOptions {
  /** Paths from the project's root. */
  readonly sources: readonly string[]
  /** A new folder inside of the project, so that packages are found. */
  readonly draft: string
  readonly out: string
  /** JavaScript of all, or declarations of what others may import. */
  readonly emit: 'scripts' | 'declarations'
}

/** Writes `<out>/<path>.js` or `<out>/<path>.d.ts`; throws what tsc found. */
export const compile = ({ sources, draft, out, emit }: CompileOptions): void => {
  for (const path of sources) {
    const text = readFileSync(join(projectFolder, path), 'utf8')
    writeInto(draft, path, withRelativeImports(path, text))
  }
  writeInto(draft, 'package.json', JSON.stringify(draftPackage))
  writeInto(draft, 'tsconfig.json', JSON.stringify(settings(out, emit)))
  runTsc(draft)
  const known = new Set(sources)
  for (const path of sources) {
    const made = (ending: string) => join(out, path.replace(/\.ts$/, ending))
    if (emit === 'declarations') edit(made('.d.ts'), withScriptImports)
    else edit(made('.js'), (text) => withScriptPaths(path, text, known))
  }
  rmSync(draft, { recursive: true, force: true })
}

export const writeInto = (folder: string, path: string, text: string | Uint8Array): void => {
  const file = join(folder, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

/** Plugins of the draft find the contract under its name, as they do in the project. */
const draftPackage = {
  name: 'robnu',
  type: 'module',
  exports: { './plugin': './core/plugin.ts', './testing': './core/testing/mod.ts' },
}

const settings = (out: string, emit: CompileOptions['emit']) => {
  const { compilerOptions } = JSON.parse(readFileSync(join(projectFolder, 'tsconfig.json'), 'utf8'))
  return {
    compilerOptions: {
      ...compilerOptions,
      noEmit: false,
      // types are checked by the tests of the project, once; a script tells nothing of them
      noCheck: true,
      noResolve: emit === 'scripts',
      declaration: emit === 'declarations',
      emitDeclarationOnly: emit === 'declarations',
      rewriteRelativeImportExtensions: true,
      rootDir: '.',
      outDir: out,
    },
    include: ['**/*.ts'],
  }
}

const runTsc = (draft: string): void => {
  const run = 'Deno' in globalThis ? ['run', '-A'] : []
  const tsc = join(projectFolder, 'node_modules/typescript/bin/tsc')
  const { status, stdout, stderr } = spawnSync(process.execPath, [...run, tsc, '-p', draft], {
    cwd: projectFolder,
    encoding: 'utf8',
  })
  if (status === 0) return
  throw new Error(`Cannot pack: tsc ended with ${status}\n${`${stdout}${stderr}`.slice(0, 4_000)}`)
}

const edit = (file: string, change: (text: string) => string): void => {
  const text = readFileSync(file, 'utf8')
  const other = change(text)
  if (other !== text) writeFileSync(file, other)
}
