/** The seller's API keys. */
import { z } from '@hono/zod-openapi'
import { parseRange } from '../../auth/ip-ranges.ts'
import type { KeyDesk } from '../../auth/key-desk.ts'
import { fault } from '../../errors.ts'
import type { PermissionTable } from '../../rbac/permissions.ts'
import {
  ApiKey,
  apiKeyExample,
  NewApiKey,
  newApiKeyExample,
  permissionName,
} from '../access-schemas.ts'
import { pageOf } from '../examples.ts'
import { type Route, route } from '../route.ts'
import { IdParams, listOf } from '../schemas.ts'
import { End } from '../times.ts'

const path = '/v1/api-keys'
const tag = 'API keys'
const hourMs = 3_600_000
const defaultOverlapHours = 24
const maxOverlapHours = 168 // a week: time to find every program that has the old one

const IpRange = z.string().max(50).transform((text, ctx) => {
  const range = parseRange(text)
  if (range !== undefined) return range
  ctx.addIssue({
    code: 'custom',
    message: 'must be an address or a range in its shortest form, such as 203.0.113.0/24',
  })
  return z.NEVER
}).openapi({ type: 'string', example: '203.0.113.0/24' })

export const apiKeyRoutes = (
  permissions: PermissionTable,
  desk: KeyDesk,
): readonly Route[] => [
  route({
    method: 'get',
    path,
    permission: 'api-keys:read',
    tag,
    summary: 'List the API keys that are good, and those that ended within 30 days',
    answer: listOf(ApiKey),
    examples: { answer: pageOf(apiKeyExample) },
    handle: async (_input, { entry }) => ({
      data: await desk.list(entry),
      page: { next: null },
    }),
  }),
  route({
    method: 'post',
    path,
    permission: 'api-keys:manage',
    stepUp: true,
    tag,
    summary: 'Make an API key with some of your own permissions; its secret is shown this once',
    body: z.strictObject({
      name: z.string().trim().min(1).max(100),
      scopes: z.array(permissionName(permissions, ({ keys }) => keys)).min(1).max(100),
      expires_at: End.optional().openapi({ description: 'When it ends; without it, never' }),
      allowed_ips: z.array(IpRange).min(1).max(50).optional().openapi({
        description: 'Addresses and ranges that it may be used from; without it, everywhere',
      }),
    }),
    answer: NewApiKey,
    status: 201,
    once: 'required',
    examples: {
      body: { name: 'Warehouse', scopes: ['orders:read'], allowed_ips: ['203.0.113.0/24'] },
      answer: newApiKeyExample,
    },
    problems: ['limit-reached'],
    handle: async ({ body }, { entry, may, person }) => {
      const scopes = [...new Set(body.scopes)]
      const errors = scopes.flatMap((scope) =>
        may(scope) ? [] : [{
          pointer: `/scopes/${body.scopes.indexOf(scope)}`,
          message: 'is no permission of yours for all accounts',
        }]
      )
      if (errors.length > 0) throw fault('forbidden', { errors })
      return await desk.create(entry, {
        name: body.name,
        scopes,
        allowedIps: body.allowed_ips ?? null,
        expiresAt: body.expires_at ?? null,
        by: person().userId,
      })
    },
    replay: (id, { entry }) => withoutSecret(desk, entry, id),
  }),
  route({
    method: 'post',
    path: `${path}/{id}/rotate`,
    permission: 'api-keys:manage',
    stepUp: true,
    tag,
    summary: 'Make a key in the place of another, which stays good for an overlap',
    params: IdParams,
    body: z.strictObject({
      overlap_hours: z.int().min(0).max(maxOverlapHours).default(defaultOverlapHours),
    }),
    bodyIsOptional: true,
    answer: NewApiKey,
    status: 201,
    once: 'required',
    examples: {
      body: { overlap_hours: defaultOverlapHours },
      answer: newApiKeyExample,
    },
    problems: ['api-key-rotated', 'limit-reached'],
    handle: async ({ params: { id }, body }, { entry, may, person }) => {
      const { overlap_hours: hours = defaultOverlapHours } = body ?? {}
      const by = person().userId
      return await desk.rotate(entry, id, { overlapMs: hours * hourMs, by, may })
    },
    replay: (id, { entry }) => withoutSecret(desk, entry, id),
  }),
  route({
    method: 'delete',
    path: `${path}/{id}`,
    permission: 'api-keys:manage',
    tag,
    summary: 'Revoke an API key, from the next request on',
    params: IdParams,
    handle: ({ params: { id } }, { entry }) => desk.revoke(entry, id),
  }),
]

/** Whoever lost the first answer has lost the secret with it, and rotates the key. */
const withoutSecret = async (desk: KeyDesk, entry: Parameters<KeyDesk['get']>[0], id: string) => {
  const key = await desk.get(entry, id)
  if (key === null) throw fault('not-found')
  return { ...key, secret: null }
}
