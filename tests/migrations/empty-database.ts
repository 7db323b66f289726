/** A database of the owner with nothing in it, as the first `migrate` finds it. */
import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import {
  migrate,
  type MigrateResult,
  type MigrationLine,
  readCoreLine,
} from '../../core/db/migrate.ts'
import { type Operations, withOperations } from '../../core/db/operations.ts'

export interface EmptyDatabase {
  readonly ownerUrl: string
  readonly superuserUrl: string
  readonly administrator: string
  readonly asSuperuser: <T>(work: (sql: Operations) => Promise<T>) => Promise<T>
  readonly asOwner: <T>(work: (sql: Operations) => Promise<T>) => Promise<T>
  readonly migrate: (...lines: readonly MigrationLine[]) => Promise<MigrateResult>
  readonly close: () => Promise<void>
}

export const coreLine = (): Promise<MigrationLine> =>
  readCoreLine(new URL('../../migrations/', import.meta.url))

/** Made from nothing and not copied: a copy does not have the grants of its database. */
export const emptyDatabase = async (): Promise<EmptyDatabase> => {
  const name = `empty_${randomBytes(6).toString('hex')}`
  const serverUrl = withDatabase(inject('superuserUrl'), 'postgres')
  const superuserUrl = withDatabase(serverUrl, name)
  await withOperations(
    serverUrl,
    (sql) => sql.unsafe(`create database ${name} template template0 owner robnu_owner`),
  )
  const ownerUrl = withDatabase(inject('urls').owner, name)
  return {
    ownerUrl,
    superuserUrl,
    administrator: new URL(superuserUrl).username,
    asSuperuser: (work) => withOperations(superuserUrl, work),
    asOwner: (work) => withOperations(ownerUrl, work),
    migrate: (...lines) => migrate({ ownerUrl, lines, log: () => {} }),
    close: async () => {
      await withOperations(
        serverUrl,
        (sql) => sql.unsafe(`drop database ${name} with (force)`),
      )
    },
  }
}

/** A plugin's line of one file for each text, numbered from 1. */
export const pluginLine = (line: string, ...texts: readonly string[]): MigrationLine => ({
  line,
  files: texts.map((sql, i) => ({
    number: i + 1,
    name: `${String(i + 1).padStart(4, '0')}_step.sql`,
    sql,
    breaking: false,
  })),
})

const withDatabase = (url: string, name: string): string => {
  const changed = new URL(url)
  changed.pathname = `/${name}`
  return changed.href
}
