/** Roles and permissions as data, and why a decision falls as it does. */
import { z } from '@hono/zod-openapi'
import { fault } from '../../errors.ts'
import type { Subject } from '../../rbac/decide.ts'
import { explain } from '../../rbac/explain.ts'
import type { OverrideDesk } from '../../rbac/override-desk.ts'
import type { PermissionTable } from '../../rbac/permissions.ts'
import {
  Explanation,
  explanationExample,
  permissionExample,
  permissionName,
  PermissionView,
} from '../access-schemas.ts'
import { pageOf } from '../examples.ts'
import { type Route, route, type SellerCall } from '../route.ts'
import { Id, listOf } from '../schemas.ts'
import type { Accounts } from '../services.ts'

const path = '/v1/permissions'
const tag = 'Permissions'

export const permissionRoutes = ({ permissions, overrideDesk, accounts, now }: {
  readonly permissions: PermissionTable
  readonly overrideDesk: OverrideDesk
  readonly accounts: Accounts
  readonly now: () => Date
}): readonly Route[] => [
  route({
    method: 'get',
    path,
    permission: 'permissions:read',
    tag,
    summary: 'List all permissions, and which roles hold them',
    confirmsFirst: true, // the list comes from memory
    answer: listOf(PermissionView),
    examples: { answer: pageOf(permissionExample) },
    handle: () => ({
      data: [...permissions].map(([permission, { byAccount, plugin = null, ...row }]) => ({
        permission,
        ...row,
        by_account: byAccount,
        plugin,
      })),
      page: { next: null },
    }),
  }),
  route({
    method: 'get',
    path: `${path}/explain`,
    permission: 'permissions:read',
    tag,
    summary: 'Why may I do this, or why not? Of other people, for whoever sees the people',
    confirmsFirst: true, // a key and staff are explained without a look at the database
    query: z.strictObject({
      permission: permissionName(permissions),
      user_id: Id.optional().openapi({ description: 'Another person of the seller' }),
      account_id: Id.optional().openapi({ description: 'For this marketplace account alone' }),
    }),
    answer: Explanation,
    examples: { answer: explanationExample },
    problems: ['not-found'],
    handle: async ({ query: { permission, user_id: userId, account_id: accountId } }, call) => {
      const subject = await subjectOf(overrideDesk, call, userId)
      if (accountId !== undefined && await accounts.get(call.entry, accountId, null) === null) {
        throw fault('not-found')
      }
      const asked = { permission, ...(accountId === undefined ? {} : { accountId }) }
      const { by, overrides, limit, ...why } = explain(permissions, subject, asked, now())
      return {
        permission,
        ...why,
        decided_by: by,
        overrides: overrides.map(({ id, effect, accountId, expiresAt }) => ({
          id,
          effect,
          account_id: accountId,
          expires_at: expiresAt,
        })),
        accounts: limit,
        reading_only: isReadingOnly(call),
      }
    },
  }),
]

/** Throws `not-found`, and `forbidden` for another person when the people are not to be seen. */
const subjectOf = async (
  desk: OverrideDesk,
  { principal, entry, may }: SellerCall,
  userId: string | undefined,
): Promise<Subject> => {
  const ownId = principal.kind === 'user' ? principal.userId : undefined
  const id = userId ?? ownId
  if (id !== undefined) {
    if (id !== ownId && !may('users:read')) throw fault('forbidden')
    const subject = await desk.subjectOf(entry, id)
    if (subject === null) throw fault('not-found')
    return subject
  }
  return principal.kind === 'key'
    ? { kind: 'key', scopes: principal.scopes }
    : { kind: 'impersonator' }
}

const isReadingOnly = ({ principal }: SellerCall): boolean =>
  principal.sellerStatus !== 'ACTIVE' ||
  principal.kind === 'impersonator' && principal.mode === 'READ_ONLY'
