/**
 * Migrations: forward only, in lines. Core is one line, every plugin another; a file's key is
 * (line, number) and its checksum is kept, so that an edited file is refused by name.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { type Operations, withOperations } from './operations.ts'
import type { OperationsTx } from './operations.ts'
import { applyAsPlugin } from './plugin-line.ts'

interface MigrationFile {
  readonly number: number
  readonly name: string
  readonly sql: string
  /** Code that does not know this file must not run on the database after it. */
  readonly breaking: boolean
}
export interface MigrationLine {
  /** 'core', or the id of a plugin. */
  readonly line: string
  /** Whatever it is called, it may change nothing of core. */
  readonly isPlugin?: boolean
  readonly files: readonly MigrationFile[]
}
export interface MigrateOptions {
  /** robnu_owner. */
  readonly ownerUrl: string
  readonly lines: readonly MigrationLine[]
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void
  /** Runs after the files, in a transaction of the owner, under the same lock. */
  readonly after?: (sql: OperationsTx) => Promise<void>
}
export interface MigrateResult {
  readonly applied: readonly string[]
  readonly known: number
}

/** Any number will do, as long as every copy of this code takes the same. */
export const migrateLock = 7_262_668

/** A file that waits for a lock gives up rather than hold up every request behind it. */
const lockTimeout = '5s'

/** Applies what is missing. Throws, naming the file, when one fails, was edited or is too new. */
export const migrate = (options: MigrateOptions): Promise<MigrateResult> =>
  withOperations(options.ownerUrl, async (sql) => {
    await sql`select pg_advisory_lock(${migrateLock})`
    await sql`
      create table if not exists schema_migrations (
        line text not null,
        number integer not null,
        name text not null,
        checksum text not null,
        breaking boolean not null,
        applied_at timestamptz not null default clock_timestamp(),
        primary key (line, number)
      )`
    await sql`revoke all on schema_migrations from public`
    // a right of the database, which a copy of it does not take along
    await sql.unsafe(
      `do $$ begin execute format('revoke temporary on database %I from public', current_database()); end $$`,
    )
    const known = await sql<Applied[]>`
      select line, number, name, checksum, breaking from schema_migrations`
    refuseUnknown(known, options.lines)

    const applied: string[] = []
    const lines = options.lines.map((one) => one.line)
    for (const { line, files, isPlugin = line !== 'core' } of options.lines) {
      for (const file of files) {
        const before = known.find((k) => k.line === line && k.number === file.number)
        if (before) {
          refuseEdited(before, file, line)
          continue
        }
        await apply(sql, line, file, isPlugin ? lines : undefined)
        applied.push(`${line}/${file.name}`)
        options.log('migrate.applied', { line, file: file.name })
      }
    }
    const { after } = options
    if (after) await sql.begin((tx) => after(tx))
    return { applied, known: known.length }
  })

/** The core line: the numbered files of a folder; `-- breaking` as a first line says so. */
export const readCoreLine = async (folder: URL): Promise<MigrationLine> => {
  const names = (await readdir(folder)).filter((name) => /^\d{4}_.*\.sql$/.test(name)).sort()
  const files = await Promise.all(names.map(async (name) => {
    const sql = await readFile(new URL(name, folder), 'utf8')
    return {
      number: Number(name.slice(0, 4)),
      name,
      sql,
      breaking: sql.startsWith('-- breaking\n'),
    }
  }))
  return { line: 'core', files }
}

/** How a database stands to the files: names as `core/0001_scope.sql`. */
export interface MigrationStanding {
  /** Null: nobody has ever migrated it. */
  readonly applied: number | null
  readonly pending: readonly string[]
  readonly edited: readonly string[]
  /** Of lines that are known here, and not among their files. */
  readonly newer: readonly string[]
  /** Those of `newer` that this code must not run on. */
  readonly breaking: readonly string[]
}

/** Changes nothing. As robnu_owner: nobody else may read what was applied. */
export const readStanding = async (
  sql: Operations | OperationsTx,
  lines: readonly MigrationLine[],
): Promise<MigrationStanding> => {
  const [there] = await sql<{ made: boolean }[]>`
    select to_regclass('public.schema_migrations') is not null as made`
  const known = there?.made
    ? await sql<Applied[]>`select line, number, name, checksum, breaking from schema_migrations`
    : []
  const files = lines.flatMap(({ line, files }) => files.map((file) => ({ line, file })))
  const before = ({ line, file }: (typeof files)[number]) =>
    known.find((one) => one.line === line && one.number === file.number)
  const nameOf = ({ line, file }: (typeof files)[number]) => `${line}/${file.name}`
  const newer = known.filter(({ line, number }) =>
    lines.find((one) => one.line === line)?.files.every((file) => file.number !== number) ?? false
  )
  return {
    applied: there?.made ? known.length : null,
    pending: files.filter((one) => !before(one)).map(nameOf),
    edited: files.filter((one) =>
      (before(one)?.checksum ?? checksumOf(one.file)) !== checksumOf(one.file)
    )
      .map(nameOf),
    newer: newer.map(({ line, name }) => `${line}/${name}`),
    breaking: newer.filter(({ breaking }) => breaking).map(({ line, name }) => `${line}/${name}`),
  }
}

interface Applied {
  readonly line: string
  readonly number: number
  readonly name: string
  readonly checksum: string
  readonly breaking: boolean
}

const apply = async (
  sql: Operations,
  line: string,
  file: MigrationFile,
  /** Of a plugin: all lines that are known. */
  others: readonly string[] | undefined,
): Promise<void> => {
  try {
    await sql.begin(async (tx) => {
      await tx.unsafe(`set local lock_timeout = '${lockTimeout}'`)
      if (others) await applyAsPlugin(tx, file.sql, { line, others })
      else await tx.unsafe(file.sql)
      await tx`
        insert into schema_migrations (line, number, name, checksum, breaking)
        values (${line}, ${file.number}, ${file.name}, ${checksumOf(file)}, ${file.breaking})`
    })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`Cannot apply migration ${line}/${file.name}: ${reason}`, { cause })
  }
}

const refuseEdited = (before: Applied, file: MigrationFile, line: string): void => {
  if (before.checksum === checksumOf(file)) return
  throw new Error(
    `Cannot migrate: ${line}/${file.name} was changed after it had been applied. ` +
      'Restore it and put the change into a new file',
  )
}

/** A database that is newer than the code is tolerated, unless a newer file says that it must not. */
const refuseUnknown = (known: readonly Applied[], lines: readonly MigrationLine[]): void => {
  for (const { line, number, name, breaking } of known) {
    const files = lines.find((l) => l.line === line)?.files
    if (!breaking || !files || files.some((file) => file.number === number)) continue
    throw new Error(`Cannot migrate: the database holds ${line}/${name}, which needs newer code`)
  }
}

/** Line ends do not count: a checkout on another system is the same file. */
const checksumOf = (file: MigrationFile): string =>
  createHash('sha256').update(file.sql.replaceAll('\r\n', '\n')).digest('hex')
