/** The shapes of answers about permissions, exceptions and API keys, with their examples. */
import { z } from '@hono/zod-openapi'
import type { PermissionRow } from '../rbac/core-permissions.ts'
import { type PermissionTable, roles } from '../rbac/permissions.ts'
import { exampleIds, Id, Time, TimeOrNull } from './schemas.ts'

const [id, replacedId] = [
  '01998f71-0b5c-7d74-9e3f-6c7d8e9f0a1c',
  '01998f70-0b5c-7d74-9e3f-6c7d8e9f0a1d',
]
const at = '2026-01-31T10:15:00.000Z'
const end = '2026-02-28T18:30:00.000Z'

/** One of the table's permissions; what it does not hold is refused with a list of those. */
export const permissionName = (
  permissions: PermissionTable,
  isMeant: (row: PermissionRow) => boolean = () => true,
) => z.enum([...permissions].flatMap(([name, row]) => isMeant(row) ? [name] : []))

/** In a person's own words; kept for as long as the trail is. */
export const Reason = z.string().trim().min(10).max(500).openapi({
  description: 'Why, for whoever reads the trail later; name no buyer in it',
})

export const Effect = z.enum(['GRANT', 'DENY']).openapi('Effect')
const IdOrNull = z.guid().nullable().openapi({ type: ['string', 'null'], format: 'uuid' })

export const PermissionView = z.object({
  permission: z.string(),
  what: z.string(),
  roles: z.array(z.enum(roles)).readonly().openapi({ description: 'Those that hold it' }),
  keys: z.boolean().openapi({ description: 'An API key may have it as a scope' }),
  staff: z.boolean().openapi({ description: 'Staff may use it inside an impersonation session' }),
  by_account: z.boolean().openapi({ description: 'Overrides of it can be for one account' }),
  grantable: z.boolean().openapi({ description: 'An override can give it' }),
  deniable: z.boolean().openapi({ description: 'An override can take it' }),
  plugin: z.string().nullable().openapi({ description: 'The plugin that declares it' }),
}).openapi('Permission')
export const permissionExample = {
  permission: 'orders:read',
  what: 'Read orders',
  roles: ['OWNER', 'ADMIN', 'OPERATOR', 'FINANCE', 'VIEWER'],
  keys: true,
  staff: true,
  by_account: true,
  grantable: true,
  deniable: true,
  plugin: null,
}

export const Explanation = z.object({
  permission: z.string(),
  allowed: z.boolean(),
  decided_by: z.enum(['role', 'override', 'scope', 'impersonation', 'unknown-permission']),
  role: z.enum(roles).nullable().openapi({ description: 'Null for API keys and for staff' }),
  overrides: z.array(
    z.object({ id: Id, effect: Effect, account_id: IdOrNull, expires_at: TimeOrNull }),
  ).readonly().openapi({ description: 'Those that gave, took or limited' }),
  accounts: z.object({
    only: z.array(Id).readonly().nullable().openapi({ description: 'Null: all but `except`' }),
    except: z.array(Id).readonly(),
  }).nullable().openapi({ description: 'The accounts that a yes holds for; null: all' }),
  until: TimeOrNull.openapi({ description: 'When time alone changes the answer; null: never' }),
  reading_only: z.boolean().openapi({
    description:
      'Nothing can be changed now, whatever is allowed: the seller is suspended, or the ' +
      'impersonation session is for reading',
  }),
}).openapi('Explanation')
export const explanationExample = {
  permission: 'customers:read',
  allowed: false,
  decided_by: 'override',
  role: 'OPERATOR',
  overrides: [{ id, effect: 'DENY', account_id: null, expires_at: end }],
  accounts: null,
  until: end,
  reading_only: false,
}

export const OverrideView = z.object({
  id: Id,
  user_id: Id,
  permission: z.string(),
  effect: Effect,
  account_id: IdOrNull.openapi({ description: 'Null: for all marketplace accounts' }),
  reason: z.string(),
  expires_at: TimeOrNull,
  created_at: Time,
  created_by_user_id: Id,
}).openapi('Override')
export const overrideExample = {
  id,
  user_id: exampleIds.user,
  permission: 'customers:read',
  effect: 'DENY',
  account_id: null,
  reason: 'Packs for the sale only, and needs no buyers',
  expires_at: end,
  created_at: at,
  created_by_user_id: replacedId,
}

const key = {
  id: Id,
  name: z.string(),
  prefix: z.string().openapi({ description: 'What the key begins with' }),
  scopes: z.array(z.string()).readonly().openapi({ description: 'Permissions' }),
  allowed_ips: z.array(z.string()).readonly().nullable().openapi({
    description: 'Null: from everywhere',
  }),
  created_at: Time,
  created_by_user_id: Id,
  expires_at: TimeOrNull,
  last_used_at: TimeOrNull.openapi({ description: 'Exact to the minute' }),
  last_used_ip: z.string().nullable(),
  rotated_to: IdOrNull.openapi({ description: 'The key that takes its place' }),
  rotated_from: IdOrNull.openapi({ description: 'The key whose place it takes' }),
}
export const ApiKey = z.object(key).openapi('ApiKey')
export const NewApiKey = z.object({
  ...key,
  secret: z.string().nullable().openapi({
    description:
      'The whole key, for `Authorization: Bearer`. It is shown in this answer alone, and ' +
      'null when the request is repeated',
  }),
}).openapi('NewApiKey')
export const apiKeyExample = {
  id,
  name: 'Warehouse',
  prefix: 'rk_7Yq2mB0xKd4T',
  scopes: ['orders:read'],
  allowed_ips: ['203.0.113.0/24'],
  created_at: at,
  created_by_user_id: exampleIds.user,
  expires_at: null,
  last_used_at: at,
  last_used_ip: '203.0.113.7',
  rotated_to: null,
  rotated_from: replacedId,
}
export const newApiKeyExample = {
  ...apiKeyExample,
  last_used_at: null,
  last_used_ip: null,
  secret: 'rk_7Yq2mB0xKd4T_' + 'x'.repeat(43),
}
