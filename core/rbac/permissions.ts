/** Who may do what: the five roles by the permissions, as one table. */
import type { Role } from '../plugin.ts'
import { corePermissions, type PermissionRow, pluginPermission } from './core-permissions.ts'

export const roles = [
  'OWNER',
  'ADMIN',
  'OPERATOR',
  'FINANCE',
  'VIEWER',
] as const satisfies readonly Role[]

/** By permission. What is not here, nobody may. */
export type PermissionTable = ReadonlyMap<string, PermissionRow>

export interface PermissionSource {
  readonly id: string
  readonly permissions?: Readonly<Record<string, readonly Role[]>>
}

const form = /^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*$/
/** Routes of staff ask for these, and nobody inside of a seller has one. */
const staffPrefix = 'staff:'

export interface PermissionFault {
  readonly plugin: string
  readonly permission: string
  readonly why: string
}

/** The table of core and of all plugins. Throws every fault of every plugin in one message. */
export const createPermissions = (plugins: readonly PermissionSource[] = []): PermissionTable => {
  const { table, faults } = tableOf(plugins)
  if (faults.length === 0) return table
  const lines = faults.map(({ plugin, permission, why }) =>
    `Cannot take permission "${permission}" of plugin "${plugin}": ${why}`
  )
  throw new Error(lines.join('\n'))
}

export const permissionFaults = (
  plugins: readonly PermissionSource[],
): readonly PermissionFault[] => tableOf(plugins).faults

const tableOf = (plugins: readonly PermissionSource[]) => {
  const table = new Map<string, PermissionRow>(Object.entries(corePermissions))
  const faults: PermissionFault[] = []
  for (const { id, permissions = {} } of plugins) {
    for (const [permission, holders] of Object.entries(permissions)) {
      const why = faultOf(table, permission, holders)
      if (why === undefined) table.set(permission, pluginPermission(id, permission, holders))
      else faults.push({ plugin: id, permission, why })
    }
  }
  return { table, faults }
}

const faultOf = (
  table: PermissionTable,
  permission: string,
  holders: readonly Role[],
): string | undefined => {
  if (!form.test(permission)) return 'its form is resource:action'
  if (permission.startsWith(staffPrefix)) return '"staff" is no resource of a seller'
  if (table.has(permission)) return 'it is taken already'
  const stranger = holders.find((role) => !roles.includes(role))
  return stranger === undefined ? undefined : `there is no role "${stranger}"`
}
