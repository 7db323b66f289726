/** The package.json of the package: the project's own, without what only its development needs. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectFolder } from './sources.ts'

type Versions = Readonly<Record<string, string>>
interface Project {
  readonly version: string
  readonly description: string
  readonly license: string
  readonly dependencies: Versions
  readonly devDependencies: Versions
  readonly optionalDependencies: Versions
}
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly dependencies: Versions
  readonly optionalDependencies: Versions
  readonly [member: string]: unknown
}

/** Of the project's development, and wanted by the local parts of an installation too. */
const partsOfDevelopment = ['fauxqs']
/** Of the project, and no part of an installation: who runs it has chosen a runtime. */
const runtimes = ['deno']

export const readProject = (): Project =>
  JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8'))

export const manifestOf = (project: Project): Manifest => ({
  name: 'robnu',
  version: project.version,
  description: project.description,
  license: project.license,
  type: 'module',
  engines: { node: '>=24' },
  exports: {
    './plugin': { types: './core/plugin.d.ts', default: './core/plugin.js' },
    './testing': { types: './core/testing/mod.d.ts', default: './core/testing/mod.js' },
    // named by configurations, imported by nobody
    './marketplaces/*': './marketplaces/*/mod.js',
    './plugins/*': './plugins/*/mod.js',
    './package.json': './package.json',
  },
  bin: { robnu: './scripts/robnu.mjs' },
  dependencies: project.dependencies,
  // nothing of these serves a request: they are PostgreSQL and a cloud for one's own machine
  optionalDependencies: Object.fromEntries(
    Object.entries({
      ...project.optionalDependencies,
      ...Object.fromEntries(
        partsOfDevelopment.map((name) => [name, project.devDependencies[name] ?? '']),
      ),
    }).filter(([name]) => !runtimes.includes(name)).toSorted(([a], [b]) => a < b ? -1 : 1),
  ),
  // what `robnu new --package` writes into the package.json of others
  scaffold: {
    typescript: project.devDependencies['typescript'],
    types: project.devDependencies['@types/node'],
  },
})
