/** Holds a migrated database to its files and to the rules of its catalog. */
import { readCatalog } from '#core/db/catalog.ts'
import { coreAllow, roleNames } from '#core/db/catalog-allow.ts'
import { catalogFaults } from '#core/db/catalog-rules.ts'
import { readStanding } from '#core/db/migrate.ts'
import { withOperations } from '#core/db/operations.ts'
import type { MigratePlan } from '../migrate.ts'

export interface DatabaseReport {
  readonly ok: boolean
  readonly files: number
  readonly relations: number
  readonly functions: number
  /** `path`: a file, or an object of the database. */
  readonly faults: readonly {
    readonly rule: string
    readonly path: string
    readonly message: string
  }[]
  readonly notes: readonly string[]
}

export const verifyDatabase = ({ ownerUrl, lines }: MigratePlan): Promise<DatabaseReport> =>
  withOperations(ownerUrl, async (sql) => {
    const { pending, edited, breaking } = await readStanding(sql, lines)
    const catalog = await readCatalog(sql)
    // of the sweeps, made by migrate: times and no seller's row
    const schemas = catalog.schemas.filter(({ name }) => name !== 'bullmq')
    const ours: readonly string[] = Object.values(roleNames)
    // whoever runs the server has powers; they are told, and none of our roles may have any
    const administrators = catalog.roles
      .filter(({ name, powers }) => powers.length > 0 && !ours.includes(name))
      .map(({ name }) => name)
    const files = (names: readonly string[], rule: string, message: string) =>
      names.map((path) => ({ rule, path, message }))
    const faults = [
      ...files(edited, 'edited', 'was changed after it had been applied: restore it'),
      ...files(breaking, 'newer', 'is in the database, and needs newer code'),
      ...files(pending, 'pending', 'is not applied: run "robnu migrate"'),
      ...catalogFaults({ ...catalog, schemas }, coreAllow(administrators))
        .map(({ rule, object, message }) => ({ rule, path: object, message })),
    ]
    return {
      ok: faults.length === 0,
      files: lines.flatMap((line) => line.files).length,
      relations: catalog.relations.length,
      functions: catalog.functions.length,
      faults,
      notes: administrators.length === 0
        ? []
        : [`These roles are above every policy: ${administrators.join(', ')}`],
    }
  })
