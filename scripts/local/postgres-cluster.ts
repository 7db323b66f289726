/** The data folder of PostgreSQL: made once, whole or not at all, and checked before each start. */
import { spawnSync } from 'node:child_process'
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { localFault } from './faults.ts'
import { readText } from './files.ts'
import type { Binaries } from './postgres-binaries.ts'
import { commandOn, type Owner } from './postgres-owner.ts'
import { scramVerifier } from './scram.ts'

export const superuser = 'postgres'

/** Makes the data folder when it is missing or empty; refuses one of another version or with other files. */
export const ensureCluster = (
  dir: string,
  binaries: Binaries,
  owner: Owner | undefined,
  password: string,
): void => {
  const version = readText(join(dir, 'PG_VERSION'))?.trim()
  if (version === binaries.major) return
  if (version !== undefined) {
    throw localFault(
      `Cannot start PostgreSQL ${binaries.major} in "${dir}": its data is of PostgreSQL ${version}; move the folder away or set DATABASE_URL`,
    )
  }
  if (existsSync(dir) && readdirSync(dir).length > 0) {
    throw localFault(`Cannot create the database in "${dir}": the folder holds other files`)
  }
  // initdb writes PG_VERSION first: one that was interrupted would look whole, so it works beside the place
  const draft = `${dir}.new`
  rmSync(draft, { recursive: true, force: true })
  makeFolder(draft, owner)
  runInitdb(draft, binaries, owner, password)
  if (existsSync(dir)) rmdirSync(dir)
  renameSync(draft, dir)
}

const runInitdb = (
  dir: string,
  binaries: Binaries,
  owner: Owner | undefined,
  password: string,
): void => {
  const folder = mkdtempSync(join(tmpdir(), 'robnu-initdb-'))
  const passwordFile = join(folder, 'verifier')
  try {
    writeFileSync(passwordFile, `${scramVerifier(password)}\n`, { mode: 0o600 })
    if (owner) { for (const path of [folder, passwordFile]) chownSync(path, owner.uid, owner.gid) }
    const command = commandOn(dir, owner, binaries.initdb, (data) => [
      `--pgdata=${data}`,
      `--username=${superuser}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-sync',
    ])
    const run = spawnSync(command.program, command.args, { ...command.options, encoding: 'utf8' })
    if (run.status === 0) return
    throw localFault(`Cannot create the database in "${dir}": ${lastLine(run.stderr, run.error)}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const makeFolder = (dir: string, owner: Owner | undefined): void => {
  mkdirSync(dirname(dir), { recursive: true, mode: 0o711 })
  mkdirSync(dir, { mode: 0o700 })
  if (owner) chownSync(dir, owner.uid, owner.gid)
}

const lastLine = (text: string | undefined, error: Error | undefined): string => {
  const lines = (text ?? '').split('\n').filter((line) => line.trim() !== '')
  const told = lines.findLast((line) => /error|fatal/i.test(line)) ?? lines.at(-1)
  return told?.trim() ?? error?.message ?? 'initdb said nothing'
}
