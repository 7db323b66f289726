/** Who may open buyers' fields, and who has: what an owner looks through every quarter. */
import { z } from '@hono/zod-openapi'
import type { Openings } from '../../audit/openings.ts'
import type { KeyDesk } from '../../auth/key-desk.ts'
import { decide, type Subject } from '../../rbac/decide.ts'
import type { OverrideDesk } from '../../rbac/override-desk.ts'
import type { PermissionTable } from '../../rbac/permissions.ts'
import type { People } from '../../tenancy/people.ts'
import { pageOf } from '../examples.ts'
import { type Route, route, type SellerCall } from '../route.ts'
import { exampleIds, Id, listOf, TimeOrNull } from '../schemas.ts'
import { RoleName } from './auth.ts'

/** What leads to a buyer in clear. */
const leading = [
  ...['customers:read', 'customers:reveal', 'data-principals:answer', 'seller:export'] as const,
]
/** A quarter of a year. */
const lookedBackMs = 92 * 86_400_000

const Opener = z.object({
  kind: z.enum(['user', 'key', 'staff']),
  id: Id,
  name: z.string().nullable().openapi({
    description: 'Of a person the e-mail address, of a key its name and what it begins with',
  }),
  role: RoleName.nullable(),
  may: z.array(z.enum(leading)).readonly().openapi({
    description: 'By role, exceptions and scopes, for some account at least. Empty: no more, or ' +
      'masked alone, as staff see buyers',
  }),
  removed_at: TimeOrNull.openapi({ description: 'Of a person who is gone' }),
  last_seen_at: TimeOrNull.openapi({ description: 'Signed in, or used' }),
  last_opened_at: TimeOrNull,
  opened: z.int().min(0).openapi({ description: 'Values, in the last 92 days' }),
  made_by: Id.nullable().openapi({
    type: ['string', 'null'],
    format: 'uuid',
    description: 'Of a key: who made it, and has seen its secret',
  }),
  maker_is_gone: z.boolean().openapi({ description: 'Whoever made the key has left: change it' }),
}).openapi('BuyerOpener')
type OpenerRow = z.input<typeof Opener>

const example = {
  kind: 'user' as const,
  id: exampleIds.user,
  name: 'ravi@example.in',
  role: 'OPERATOR' as const,
  may: [...leading.slice(0, 2)],
  removed_at: null,
  last_seen_at: '2026-01-31T10:15:00.000Z',
  last_opened_at: '2026-01-31T10:16:00.000Z',
  opened: 240,
  made_by: null,
  maker_is_gone: false,
}

export const openerRoutes = (deps: {
  readonly openings: Openings
  readonly people: People
  readonly keyDesk: KeyDesk
  readonly overrideDesk: OverrideDesk
  readonly permissions: PermissionTable
  readonly now: () => Date
}): readonly Route[] => [
  route({
    method: 'get',
    path: '/v1/openings/openers',
    permission: 'users:read',
    tag: 'Audit trail',
    summary: 'List who may open buyers’ fields, and who has in the last 92 days',
    answer: listOf(Opener),
    examples: { answer: pageOf(example) },
    handle: async (_input, { entry }) => ({
      data: await openersOf(deps, entry),
      page: { next: null },
    }),
  }),
]

const openersOf = async (
  { openings, people, keyDesk, overrideDesk, permissions, now }: Parameters<typeof openerRoutes>[0],
  entry: SellerCall['entry'],
): Promise<readonly OpenerRow[]> => {
  const at = now()
  const mayOf = (subject: Subject | null) =>
    subject === null
      ? []
      : leading.filter((permission) => decide(permissions, subject, permission, at).allowed)
  const persons = await people.list(entry, { removed: true })
  const totals = await openings.openers(entry, new Date(at.getTime() - lookedBackMs))
  const last = new Map(totals.map(({ actor, last_at, opened }) => [
    actor.user_id ?? actor.api_key_id ?? actor.super_admin_id,
    { last_opened_at: last_at, opened },
  ]))
  const neverOpened = { last_opened_at: null, opened: 0 }
  const gone = new Set(persons.filter(({ removed_at }) => removed_at !== null).map(({ id }) => id))
  const users: OpenerRow[] = []
  for (const { id, email, role, removed_at, last_seen_at } of persons) {
    const subject = removed_at === null ? await overrideDesk.subjectOf(entry, id) : null
    users.push({
      ...{ kind: 'user', id, name: email, role, may: mayOf(subject), removed_at, last_seen_at },
      ...{ ...last.get(id) ?? neverOpened, made_by: null, maker_is_gone: false },
    })
  }
  const keys = (await keyDesk.list(entry)).map((key): OpenerRow => {
    const lives = key.expires_at === null || key.expires_at > at
    return {
      ...{ kind: 'key', id: key.id, name: `${key.name} (${key.prefix})`, role: null },
      may: lives ? mayOf({ kind: 'key', scopes: key.scopes }) : [],
      ...{ removed_at: null, last_seen_at: key.last_used_at, ...last.get(key.id) ?? neverOpened },
      made_by: key.created_by_user_id,
      maker_is_gone: gone.has(key.created_by_user_id),
    }
  })
  const staff = totals.flatMap(({ actor, last_at, opened }): OpenerRow[] =>
    actor.super_admin_id === null ? [] : [{
      ...{ kind: 'staff', id: actor.super_admin_id, name: actor.staff_name, role: null, may: [] },
      ...{ removed_at: null, last_seen_at: null, last_opened_at: last_at, opened },
      ...{ made_by: null, maker_is_gone: false },
    }]
  )
  return [...users, ...keys, ...staff]
    .filter(({ may, last_opened_at }) => may.length > 0 || last_opened_at !== null)
}
