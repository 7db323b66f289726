/** Exceptions from the roles, for one person each. */
import { z } from '@hono/zod-openapi'
import { fault } from '../../errors.ts'
import type { OverrideDesk } from '../../rbac/override-desk.ts'
import type { PermissionTable } from '../../rbac/permissions.ts'
import { Effect, overrideExample, OverrideView, permissionName, Reason } from '../access-schemas.ts'
import { pageOf } from '../examples.ts'
import { given } from '../given.ts'
import { type Route, route } from '../route.ts'
import { Id, IdParams, listOf } from '../schemas.ts'
import { End } from '../times.ts'

const path = '/v1/users/{id}/overrides'
const tag = 'Overrides'

export const overrideRoutes = (
  permissions: PermissionTable,
  desk: OverrideDesk,
): readonly Route[] => [
  route({
    method: 'get',
    path,
    permission: 'users:read',
    tag,
    summary: "List a person's exceptions from the role, those that are over as well",
    params: IdParams,
    answer: listOf(OverrideView),
    examples: { answer: pageOf(overrideExample) },
    handle: async ({ params: { id } }, { entry }) => {
      const data = await desk.list(entry, id)
      if (data === null) throw fault('not-found')
      return { data, page: { next: null } }
    },
  }),
  route({
    method: 'post',
    path,
    permission: 'users:manage',
    tag,
    summary: 'Give a person a permission, or take one, from the next request on; a denial wins',
    params: IdParams,
    body: z.strictObject({
      permission: permissionName(permissions),
      effect: Effect,
      account_id: Id.optional().openapi({ description: 'For this marketplace account alone' }),
      expires_at: End.optional(),
      reason: Reason,
    }),
    answer: OverrideView,
    status: 201,
    once: 'required',
    examples: {
      body: {
        permission: 'customers:read',
        effect: 'DENY',
        expires_at: '2026-02-28',
        reason: 'Packs for the sale only, and needs no buyers',
      },
      answer: overrideExample,
    },
    problems: ['not-on-oneself', 'limit-reached'],
    handle: async ({ params: { id }, body }, { entry, person }) => {
      const { permission, effect, account_id: accountId, expires_at: expiresAt, reason } = body
      const optional = given({ accountId, expiresAt })
      const who = { userId: id, by: person().userId }
      return await desk.add(entry, who, { permission, effect, reason, ...optional })
    },
    replay: async (id, { entry }) => {
      const made = await desk.get(entry, id)
      if (made === null) throw fault('not-found')
      return made
    },
  }),
  route({
    method: 'delete',
    path: `${path}/{override_id}`,
    permission: 'users:manage',
    tag,
    summary: 'Take an exception away, from the next request on',
    params: z.object({ id: Id, override_id: Id }),
    problems: ['not-on-oneself'],
    handle: async ({ params: { id, override_id } }, { entry, person }) => {
      await desk.remove(entry, { userId: id, by: person().userId }, override_id)
    },
  }),
]
