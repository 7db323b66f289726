/** What Bazaar sends by itself: signed requests for one shop, and messages for all of them. */
import type { Notifications, PushNote, Webhook } from 'robnu/plugin'
import { z } from 'zod'
import type { Config, Credentials, Details } from './schemas.ts'

const Event = z.object({
  event: z.string().min(1),
  shop: z.string(),
  about: z.enum(['orders', 'returns', 'payouts']),
})
const targets = { orders: 'ORDERS', returns: 'RETURNS', payouts: 'PAYOUTS' } as const

const read = (body: unknown): PushNote | null => {
  const event = Event.safeParse(body).data
  return event
    ? { id: event.event, externalAccountId: event.shop, target: targets[event.about] }
    : null
}

export const signatureOf = async (text: string, key: string): Promise<string> => {
  const utf8 = new TextEncoder()
  const hmac = { name: 'HMAC', hash: 'SHA-256' }
  const imported = await crypto.subtle.importKey('raw', utf8.encode(key), hmac, false, ['sign'])
  const signed = await crypto.subtle.sign('HMAC', imported, utf8.encode(text))
  return [...new Uint8Array(signed)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

export const webhook: Webhook<Details, Credentials> = {
  path: '',
  verify: async ({ headers, body, path }, { credentials }, now) => {
    const at = Date.parse(headers['x-bazaar-at'] ?? '')
    if (Math.abs(now.getTime() - at) > 300_000 || Number.isNaN(at)) return false
    const signed = `${path}\n${headers['x-bazaar-at']}\n${body}`
    return headers['x-bazaar-signature'] === await signatureOf(signed, credentials.api_key)
  },
  read,
}

export const notifications: Notifications<z.infer<typeof Config>> = {
  queue: ({ queueUrl }) => queueUrl,
  // Bazaar wraps what it puts into queues
  read: (message) => read((message as { readonly payload?: unknown } | null)?.payload),
}
