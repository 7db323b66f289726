/** Refuses what the table does not allow. */
import { fault } from '../errors.ts'
import type { Role } from '../plugin.ts'
import { may, type PermissionTable } from './permissions.ts'

/** The part of a principal that the guard judges. */
export interface Subject {
  readonly role: Role
  readonly sellerStatus: 'ACTIVE' | 'SUSPENDED'
}

/**
 * Throws `forbidden` when the role lacks the permission, and `seller-suspended` when a suspended
 * seller would write: reading stays open, so that a seller always gets at its own data.
 */
export const requirePermission = (
  table: PermissionTable,
  subject: Subject,
  permission: string,
  { writes }: { readonly writes: boolean },
): void => {
  if (!may(table, subject.role, permission)) throw fault('forbidden')
  if (writes && subject.sellerStatus !== 'ACTIVE') throw fault('seller-suspended')
}
