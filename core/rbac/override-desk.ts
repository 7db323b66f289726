/** Where an OWNER makes exceptions from the roles, for single persons. */
import { recordAudit } from '../audit/record.ts'
import type { Database, Entry } from '../db/database.ts'
import { fault } from '../errors.ts'
import type { Subject } from './decide.ts'
import * as rows from './override-rows.ts'
import type { NewOverride, OverrideView } from './override-rows.ts'
import type { PermissionTable } from './permissions.ts'

/** Whom it is about, and whose doing it is: persons of the seller. */
interface Who {
  readonly userId: string
  readonly by: string
}
export interface OverrideDesk {
  /** A person as the guard judges them, read now; null when nobody of the seller has the id. */
  readonly subjectOf: (entry: Entry, userId: string) => Promise<Subject | null>
  /** Newest first; null as above. */
  readonly list: (entry: Entry, userId: string) => Promise<readonly OverrideView[] | null>
  readonly get: (entry: Entry, id: string) => Promise<OverrideView | null>
  /**
   * Holds from the person's next request on. Throws `not-on-oneself`, `not-found`,
   * `invalid-request`, `limit-reached`.
   */
  readonly add: (entry: Entry, who: Who, ask: NewOverride) => Promise<OverrideView>
  /** Throws `not-on-oneself`, and `not-found` when the person has no such override. */
  readonly remove: (entry: Entry, who: Who, id: string) => Promise<void>
}

export const createOverrideDesk = ({ db, permissions, now, newId }: {
  readonly db: Pick<Database, 'inSellerScope' | 'withSellerScope' | 'makeInSellerScope'>
  readonly permissions: PermissionTable
  readonly now: () => Date
  readonly newId: () => string
}): OverrideDesk => ({
  subjectOf: (entry, userId) => rows.readSubject(db, entry, userId),
  list: (entry, userId) =>
    db.withSellerScope(
      entry,
      async (scope) =>
        await rows.isThere(scope, userId) ? await rows.readOverrides(scope, userId) : null,
    ),
  get: (entry, id) => rows.readOverride(db.inSellerScope(entry), entry.sellerId, id),

  add: async (entry, { userId, by }, ask) => {
    if (userId === by) throw fault('not-on-oneself')
    refuseOddOverride(permissions, ask, now())
    const id = newId()
    return await db.makeInSellerScope(entry, async (scope) => {
      if (!await rows.isThere(scope, userId)) throw fault('not-found')
      scope.made(id)
      await rows.insertOverride(scope, { id, userId, by, ...ask })
      recordAudit(scope, scope.sellerId, 'override.added', `user:${userId}`, {
        override: id,
        permission: ask.permission,
        effect: ask.effect,
        account: ask.accountId ?? null,
        expires_at: ask.expiresAt?.toISOString() ?? null,
        reason: ask.reason,
      })
      const made = await rows.readOverride(scope, scope.sellerId, id)
      if (made === null) throw new Error('The override that was just made is not there')
      return made
    })
  },

  remove: async (entry, { userId, by }, id) => {
    if (userId === by) throw fault('not-on-oneself')
    await db.withSellerScope(entry, async (scope) => {
      const gone = await rows.deleteOverride(scope, userId, id)
      if (gone === null) throw fault('not-found')
      recordAudit(scope, scope.sellerId, 'override.removed', `user:${userId}`, {
        override: id,
        ...gone,
      })
    })
  },
})

/** What the permission does not allow for would be stored and never count. */
const refuseOddOverride = (
  permissions: PermissionTable,
  { permission, effect, accountId, expiresAt }: NewOverride,
  now: Date,
): void => {
  const row = permissions.get(permission)
  if (effect === 'GRANT' && row?.grantable !== true) {
    throw refused('/permission', 'is held by role alone and cannot be granted')
  }
  if (effect === 'DENY' && row?.deniable !== true) {
    throw refused('/permission', 'is held by role alone and cannot be denied')
  }
  if (accountId !== undefined && row?.byAccount !== true) {
    throw refused('/account_id', 'must be absent: this permission is not given by account')
  }
  if (expiresAt !== undefined && expiresAt <= now) {
    throw refused('/expires_at', 'must be in the future')
  }
}

const refused = (pointer: string, message: string) =>
  fault('invalid-request', { errors: [{ pointer, message }] })
