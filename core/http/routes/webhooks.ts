/** What marketplaces send by themselves: no session, but a signature that their plugin knows. */
import { z } from '@hono/zod-openapi'
import type { Webhooks } from '../../ledger/pushes/webhooks.ts'
import { type RawRequest, type Route, route } from '../route.ts'

/** A word of an order or two; no marketplace sends more. */
const maxBytes = 256 * 1024
const name = z.string().min(1).max(64)
const Place = z.object({
  plugin: name.openapi({ description: 'The id of the plugin' }),
  marketplace_account: name.openapi({ description: 'The id of the marketplace account' }),
})
const Below = Place.extend({ path: name.openapi({ description: 'As the plugin declares it' }) })

const common = {
  method: 'post',
  permission: 'public',
  countsFor: 'gateway',
  tag: 'Webhooks',
  raw: { maxBytes },
  problems: ['push-refused', 'keys-unavailable'],
} as const

export const webhookRoutes = (webhooks: Webhooks): readonly Route[] => [
  route({
    ...common,
    path: '/webhooks/{plugin}/{marketplace_account}',
    summary: 'Tell of a change at the marketplace: it is looked at soon',
    params: Place,
    handle: async ({ params: { plugin, marketplace_account: accountId }, body }) =>
      await webhooks.take({ pluginId: plugin, accountId, path: '', push: pushOf(body) }),
  }),
  route({
    ...common,
    path: '/webhooks/{plugin}/{marketplace_account}/{path}',
    summary: 'The same, of a plugin that tells kinds of pushes by their path',
    params: Below,
    handle: async ({ params: { plugin, marketplace_account: accountId, path }, body }) =>
      await webhooks.take({
        ...{ pluginId: plugin, accountId, path: `/${path}` },
        push: pushOf(body),
      }),
  }),
]

/** Of a route with `raw`. */
const pushOf = (body: unknown): RawRequest => body as RawRequest
