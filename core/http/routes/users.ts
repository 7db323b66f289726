/** The people of the seller: who they are, their roles, and how they go. */
import { z } from '@hono/zod-openapi'
import type { Auth } from '../../auth/auth.ts'
import { fault } from '../../errors.ts'
import type { People } from '../../tenancy/people.ts'
import { pageOf } from '../examples.ts'
import { KeysLeft, Person, personExample } from '../people-schemas.ts'
import { type Route, route } from '../route.ts'
import { exampleIds, IdParams, listOf } from '../schemas.ts'
import { requireStepUp } from '../session.ts'
import { RoleName } from './auth.ts'

const path = '/v1/users'
const tag = 'People'

export const userRoutes = (
  people: People,
  auth: Pick<Auth, 'steppedUpAt'>,
  now: () => Date,
): readonly Route[] => [
  route({
    method: 'get',
    path,
    permission: 'users:read',
    tag,
    summary: 'List the people of the seller; with `include=removed` those who are gone, too',
    query: z.strictObject({ include: z.enum(['removed']).optional() }),
    answer: listOf(Person),
    examples: { answer: pageOf(personExample) },
    handle: async ({ query }, { entry }) => ({
      data: await people.list(entry, { removed: query.include === 'removed' }),
      page: { next: null },
    }),
  }),
  route({
    method: 'get',
    path: `${path}/{id}`,
    permission: 'users:read',
    tag,
    summary: 'Read one person, also one who is gone: the audit trail goes on naming them',
    params: IdParams,
    answer: Person,
    examples: { answer: personExample },
    handle: async ({ params: { id } }, { entry }) => found(await people.get(entry, id)),
  }),
  route({
    method: 'patch',
    path: `${path}/{id}`,
    permission: 'users:manage',
    tag,
    summary: 'Change the role of a person; it holds from their next request on',
    params: IdParams,
    body: z.strictObject({ role: RoleName }),
    answer: Person,
    examples: { body: { role: 'FINANCE' }, answer: { ...personExample, role: 'FINANCE' } },
    problems: ['last-owner', 'step-up-required'],
    handle: async ({ params: { id }, body: { role } }, { entry, person }) => {
      // who is OWNER once can shut all others out
      if (role === 'OWNER') await requireStepUp(auth, person(), now())
      return found(await people.changeRole(entry, id, role))
    },
  }),
  route({
    method: 'delete',
    path: `${path}/{id}`,
    permission: 'users:manage',
    tag,
    summary: 'Remove a person: their sessions end at once, what they did stays written down',
    params: IdParams,
    query: z.strictObject({
      api_keys: z.enum(['keep', 'revoke']).default('keep').openapi({
        description: 'What becomes of the keys that this person made, and has seen',
      }),
    }),
    answer: KeysLeft,
    examples: {
      answer: { api_keys: [{ id: exampleIds.run, name: 'Warehouse', prefix: 'rk_3fk9' }] },
    },
    problems: ['last-owner'],
    handle: async ({ params: { id }, query }, { entry }) => {
      const revokesKeys = query.api_keys === 'revoke'
      const { keys } = found(await people.remove(entry, id, { revokesKeys }))
      return { api_keys: keys }
    },
  }),
  route({
    method: 'post',
    path: `${path}/leave`,
    permission: 'users:leave',
    evenSuspended: true,
    once: 'never',
    tag,
    summary: 'Leave the seller: your sessions with it end at once',
    problems: ['last-owner'],
    handle: async (_input, { entry, person, session }) => {
      await people.leave(entry, person().userId)
      await session(null)
    },
  }),
]

const found = <T>(thing: T | null): T => {
  if (thing === null) throw fault('not-found')
  return thing
}
