/** `robnu new`: a plugin that is green before its first edit. */
import { existsSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { nearestOf } from '#core/nearest.ts'
import type { Command, CommandIo, ExitCode } from '../command.ts'
import { type Kind, scaffoldFiles, writeFiles } from '../scaffold/files.ts'
import { type Names, namesOf } from '../scaffold/names.ts'
import { wrongCall } from '../wrong-call.ts'

const kinds: readonly Kind[] = ['marketplace', 'plugin']
const usage = `Usage: robnu new marketplace <id> [--package] [--dir <folder>]
       robnu new plugin <id> [--package] [--dir <folder>]

Writes a plugin that works: a marketplace with orders and its sandbox, or a surface with a table and
two routes. Its tests are green before the first edit.

  <id>           2 to 31 of a-z, 0-9 and _: names its tables, its folder and its package
  --package      a package of its own; without it, a folder of this project
  --dir <folder> where a package goes; ./<id> when absent
`

const project = fileURLToPath(new URL('../../../', import.meta.url))
/** A published Robnu has no place for plugins: it is replaced by the next one. */
const isClone = existsSync(join(project, 'tsconfig.json'))

export const newCommand: Command = {
  name: 'new',
  summary: 'Writes a new marketplace or plugin, as a folder of the project or as a package',
  usage,
  changes: true,
  run: (args, io) => Promise.resolve(create(args, io)),
}

const create = (args: readonly string[], io: CommandIo): ExitCode => {
  const { values, positionals: [kind, id, ...more] } = parseArgs({
    args: [...args],
    options: { package: { type: 'boolean' }, dir: { type: 'string' } },
    allowPositionals: true,
  })
  if (kind === undefined) throw wrongCall('Name what is new: "marketplace" or "plugin"')
  if (!isKind(kind)) throw wrongCall(`There is no new "${kind}"`, nearestOf(kind, kinds))
  if (id === undefined) throw wrongCall(`Name the id of the ${kind}`)
  if (more.length > 0) throw wrongCall(`One id only: "${more.join(' ')}" is too much`)
  const asPackage = values.package ?? false
  if (!asPackage) refuseFolder(values.dir)

  const names = namesOf(id)
  const folder = asPackage ? resolve(io.cwd, values.dir ?? id) : join(project, `${kind}s`, id)
  const taken = [
    folder,
    ...isClone && !asPackage ? kinds.map((one) => join(project, `${one}s`, id)) : [],
  ]
    .find((path) => existsSync(path))
  if (taken !== undefined) throw new Error(`Cannot make "${id}": "${taken}" is there already`)

  const files = scaffoldFiles(kind, names, asPackage)
  if (!io.dryRun) writeFiles(folder, files)
  const next = nextSteps(kind, names, relative(io.cwd, folder) || '.', asPackage)
  io.say(`${io.dryRun ? 'Would write' : 'Wrote'} ${files.size} files to ${folder}`)
  for (const path of files.keys()) io.say(`  ${path}`)
  if (!io.dryRun) {
    for (const line of ['', 'Next:', ...next.map((step) => `  ${step}`)]) io.say(line)
  }
  io.result({ id, kind, folder, files: [...files.keys()], written: !io.dryRun, next })
  return 0
}

const isKind = (kind: string): kind is Kind => kinds.some((one) => one === kind)

const refuseFolder = (dir: string | undefined): void => {
  if (dir !== undefined) throw wrongCall('"--dir" is for a package: add --package')
  if (!isClone) throw wrongCall('This Robnu is a package, and no place for plugins: add --package')
}

const nextSteps = (
  kind: Kind,
  { id }: Names,
  folder: string,
  asPackage: boolean,
): readonly string[] =>
  asPackage ? [`cd ${folder}`, 'npm install', 'npm test', 'npm run conformance', 'npm run pack'] : [
    `npx robnu conformance ${folder}`,
    `npx vitest run --config tests/vitest.config.ts ${kind}s/${id}`,
    `npx robnu plugins add ./${kind}s/${id}/mod.ts`,
  ]
