/** Who may do what: the five roles by the permissions, as one table. */
import type { Role } from '../plugin.ts'

export const roles = [
  'OWNER',
  'ADMIN',
  'OPERATOR',
  'FINANCE',
  'VIEWER',
] as const satisfies readonly Role[]

/** Permission → the roles that have it. What is not here, nobody may. */
export type PermissionTable = ReadonlyMap<string, ReadonlySet<Role>>

const everyone = roles

export const corePermissions = {
  'profile:read': everyone,
  'orders:read': everyone,
  // the others see masked buyers
  'customers:read': ['OWNER', 'ADMIN', 'OPERATOR'],
  'accounts:read': everyone,
  'accounts:connect': ['OWNER', 'ADMIN'],
  'accounts:sync': ['OWNER', 'ADMIN', 'OPERATOR'],
  'runs:read': everyone,
} as const satisfies Readonly<Record<string, readonly Role[]>>

export interface PermissionSource {
  readonly id: string
  readonly permissions?: Readonly<Record<string, readonly Role[]>>
}

const form = /^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*$/

/** The table of core and of all plugins. Throws every fault of every plugin in one message. */
export const createPermissions = (plugins: readonly PermissionSource[] = []): PermissionTable => {
  const table = new Map<string, ReadonlySet<Role>>()
  for (const [permission, holders] of Object.entries(corePermissions)) {
    table.set(permission, new Set<Role>(holders))
  }
  const faults: string[] = []
  for (const { id, permissions = {} } of plugins) {
    for (const [permission, holders] of Object.entries(permissions)) {
      const why = faultOf(table, permission, holders)
      if (why === undefined) table.set(permission, new Set(holders))
      else faults.push(`Cannot take permission "${permission}" of plugin "${id}": ${why}`)
    }
  }
  if (faults.length > 0) throw new Error(faults.join('\n'))
  return table
}

/** Default deny: an unknown permission or role is a no. */
export const may = (table: PermissionTable, role: Role, permission: string): boolean =>
  table.get(permission)?.has(role) ?? false

const faultOf = (
  table: PermissionTable,
  permission: string,
  holders: readonly Role[],
): string | undefined => {
  if (!form.test(permission)) return 'its form is resource:action'
  if (table.has(permission)) return 'it is taken already'
  const stranger = holders.find((role) => !roles.includes(role))
  return stranger === undefined ? undefined : `there is no role "${stranger}"`
}
