/** The sessions of whoever is signed in, and the sellers that they work for. */
import { z } from '@hono/zod-openapi'
import type { OwnSessions } from '../../auth/own-sessions.ts'
import { sellerStatuses } from '../../auth/principal.ts'
import { fault } from '../../errors.ts'
import { authBodyLimit } from '../body.ts'
import { pageOf } from '../examples.ts'
import { type Route, route } from '../route.ts'
import { exampleIds, Id, IdParams, listOf, Time, TimeOrNull } from '../schemas.ts'
import { RoleName, SignedIn, signedInExample, signedInView } from './auth.ts'

const SessionView = z.object({
  id: Id,
  seller: z.object({ id: Id, name: z.string() }),
  is_current: z.boolean().openapi({ description: 'The one that asks' }),
  created_at: Time,
  refreshed_at: TimeOrNull,
  expires_at: Time.openapi({ description: 'Unless it is refreshed' }),
  client_ip: z.string().nullable(),
  device: z.string().nullable().openapi({ example: 'Firefox on Windows' }),
}).openapi('Session')
const SellerView = z.object({
  id: Id,
  name: z.string(),
  status: z.enum(sellerStatuses),
  role: RoleName,
  is_current: z.boolean(),
}).openapi('OwnSeller')

const at = '2026-01-31T10:15:00.000Z'
const sessionExample = {
  id: '01998f6d-2c3d-7e4f-9a5b-6c7d8e9f0a1c',
  seller: { id: exampleIds.seller, name: 'Sample Traders' },
  is_current: true,
  created_at: at,
  refreshed_at: at,
  expires_at: '2026-03-02T10:15:00.000Z',
  client_ip: '192.0.2.1',
  device: 'Firefox on Windows',
}
const sellerExample = {
  id: exampleIds.seller,
  name: 'Sample Traders',
  status: 'ACTIVE',
  role: 'OWNER',
  is_current: true,
}

/** Of oneself: suspended sellers' people may do it, keys and staff may not. */
const own = { permission: 'profile:write', tag: 'Session', evenSuspended: true } as const

export const ownSessionRoutes = (sessions: OwnSessions): readonly Route[] => [
  route({
    ...own,
    method: 'get',
    path: '/v1/auth/sessions',
    summary: 'List the own sessions, with all sellers, newest first',
    confirmsFirst: true,
    answer: listOf(SessionView),
    examples: { answer: pageOf(sessionExample) },
    handle: async (_input, { person }) => ({
      data: (await sessions.list(person())).map((one) => ({
        id: one.id,
        seller: one.seller,
        is_current: one.isCurrent,
        created_at: one.createdAt,
        refreshed_at: one.refreshedAt,
        expires_at: one.expiresAt,
        client_ip: one.clientIp,
        device: one.device,
      })),
      // there are as many as a person opens in 90 days
      page: { next: null },
    }),
  }),
  route({
    ...own,
    method: 'delete',
    path: '/v1/auth/sessions/{id}',
    summary: 'End one of the own sessions, at once and everywhere',
    confirmsFirst: true,
    params: IdParams,
    handle: async ({ params: { id } }, { person }) => {
      if (!await sessions.end(person(), id)) throw fault('not-found')
    },
  }),
  route({
    ...own,
    method: 'post',
    path: '/v1/auth/sessions/revoke-others',
    summary: 'End all own sessions but this one, with all sellers',
    confirmsFirst: true,
    answer: z.object({ revoked: z.int() }),
    examples: { answer: { revoked: 2 } },
    handle: async (_input, { person }) => ({ revoked: await sessions.endOthers(person()) }),
  }),
  route({
    ...own,
    method: 'get',
    path: '/v1/auth/sellers',
    summary: 'List the sellers that one works for',
    confirmsFirst: true,
    answer: listOf(SellerView),
    examples: { answer: pageOf(sellerExample) },
    handle: async (_input, { person }) => ({
      data: (await sessions.sellers(person())).map(({ isCurrent, ...seller }) => ({
        ...seller,
        is_current: isCurrent,
      })),
      page: { next: null },
    }),
  }),
  route({
    ...own,
    method: 'post',
    path: '/v1/auth/switch',
    summary: 'Go on with another seller: ends this session and opens one there',
    confirmsFirst: true,
    body: z.strictObject({ seller_id: Id }),
    maxBodyBytes: authBodyLimit,
    answer: SignedIn,
    answerHeaders: { 'set-cookie': 'The session with the other seller' },
    examples: { body: { seller_id: exampleIds.seller }, answer: signedInExample },
    problems: ['not-found'],
    handle: async ({ body }, { person, session, exchange }) => {
      const opened = await sessions.switchTo(person(), body.seller_id)
      if (opened === null) throw fault('not-found')
      exchange.sellerId = opened.principal.sellerId
      await session(opened)
      return signedInView(opened)
    },
  }),
]
