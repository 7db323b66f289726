/** The keys of the seller: what there is of them, and a new one for all that is sealed. */
import { z } from '@hono/zod-openapi'
import { fault } from '../../errors.ts'
import type { KeyWalks } from '../../ledger/keys/walks.ts'
import { Reason } from '../access-schemas.ts'
import { pageOf } from '../examples.ts'
import { KeyRotation, keyRotationExample, SellerKey, sellerKeyExample } from '../key-schemas.ts'
import { type Route, route } from '../route.ts'
import { IdParams, Limit, listOf } from '../schemas.ts'

const path = '/v1/keys'
const tag = 'Keys'

export const keyRoutes = (keys: KeyWalks): readonly Route[] => [
  route({
    method: 'get',
    path,
    permission: 'keys:read',
    tag,
    summary: 'List the keys of the seller and how they stand, never their bytes',
    answer: listOf(SellerKey),
    examples: { answer: pageOf(sellerKeyExample) },
    handle: async (_input, { entry }) => ({
      data: await keys.list(entry),
      page: { next: null },
    }),
  }),
  route({
    method: 'post',
    path: `${path}/rotate`,
    permission: 'keys:rotate',
    stepUp: true,
    once: 'required',
    tag,
    summary:
      'Make a new key, and seal all that is stored anew under it; joins a rotation under way',
    body: z.strictObject({ reason: Reason }),
    answer: KeyRotation,
    status: 202,
    answerHeaders: { location: 'The rotation, which tells how far it is' },
    examples: {
      body: { reason: 'A laptop with access was lost' },
      answer: { ...keyRotationExample, state: 'ASKED' },
    },
    handle: async ({ body }, { entry, header, person }) => {
      person()
      const rotation = await keys.rotate(entry, body)
      header('location', `${path}/rotations/${rotation.id}`)
      return rotation
    },
    replay: async (id, { entry, header }) => {
      header('location', `${path}/rotations/${id}`)
      return found(await keys.rotation(entry, id))
    },
  }),
  route({
    method: 'get',
    path: `${path}/rotations`,
    permission: 'keys:read',
    tag,
    summary: 'List the newest rotations of the keys',
    query: z.strictObject({ limit: Limit }),
    answer: listOf(KeyRotation),
    examples: { answer: pageOf(keyRotationExample) },
    handle: async ({ query: { limit } }, { entry }) => ({
      data: await keys.rotations(entry, limit),
      page: { next: null },
    }),
  }),
  route({
    method: 'get',
    path: `${path}/rotations/{id}`,
    permission: 'keys:read',
    tag,
    summary: 'Read how far a rotation is, and what came of it',
    params: IdParams,
    answer: KeyRotation,
    examples: { answer: keyRotationExample },
    handle: async ({ params: { id } }, { entry }) => found(await keys.rotation(entry, id)),
  }),
]

const found = <T>(thing: T | null): T => {
  if (thing === null) throw fault('not-found')
  return thing
}
