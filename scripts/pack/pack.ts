/** Builds the package `robnu` in a folder, as JavaScript with declarations. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { packageFaults } from './check.ts'
import { compile, writeInto } from './compile.ts'
import { manifestOf, readProject } from './manifest.ts'
import { packedFiles, projectFolder, publicSources } from './sources.ts'

/** Where packages are built, inside of the project: tsc has to find what the sources import. */
export const packFolder = join(projectFolder, '.robnu', 'pack')

/** The work in a folder of its own, which is gone afterwards: two may pack at the same time. */
export const inPackingFolder = <T>(work: (folder: string) => T): T => {
  mkdirSync(packFolder, { recursive: true })
  const folder = mkdtempSync(join(packFolder, 'work-'))
  try {
    return work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Writes the package into `<folder>/robnu`; throws where it could not stand alone. */
export const buildPackage = (folder: string): string => {
  const { sources, assets } = packedFiles()
  const out = join(folder, 'robnu')
  const draft = join(folder, 'draft')
  compile({ sources, draft, out, emit: 'scripts' })
  compile({ sources: publicSources(), draft, out, emit: 'declarations' })
  for (const path of assets) writeInto(out, path, readFileSync(join(projectFolder, path)))
  const manifest = manifestOf(readProject())
  writeInto(out, 'package.json', `${JSON.stringify(manifest, null, 2)}\n`)
  const scripts = [
    ...sources.map((path) => path.replace(/\.ts$/, '.js')),
    ...assets.filter((path) => path.endsWith('.mjs') && !path.includes('/templates/')),
  ]
  const faults = packageFaults(out, scripts, manifest)
  if (faults.length > 0) throw new Error(`Cannot pack:\n  ${faults.join('\n  ')}`)
  return out
}

/** The .tgz of a built package: what `npm publish` would send. */
export const packTarball = (folder: string, into: string): string => {
  const windows = process.platform === 'win32'
  const args = ['pack', folder, '--json', '--ignore-scripts', '--pack-destination', into]
  const run = spawnSync('npm', args, { cwd: into, encoding: 'utf8', shell: windows })
  if (run.status !== 0) throw new Error(`Cannot pack: npm ended with ${run.status}\n${run.stderr}`)
  const [made]: { filename: string }[] = Object.values(JSON.parse(run.stdout))
  if (made === undefined) throw new Error('Cannot pack: npm has told of no file')
  return join(into, made.filename)
}
