/**
 * Pushes of the gateway: a reason to look now, never data to be stored. Those that come twice are one
 * event, those that are lost are met by the next poll.
 */
import type { PushNote, Target, Webhook } from 'robnu/plugin'
import { z } from 'zod'
import type { Credentials, Details } from './schemas.ts'
import { isSigned, maxSkewSeconds } from './signing.ts'

/** What is signed, whatever address of ours the gateway posts to. */
const signedPath = '/webhooks/meesho'

const targets: Readonly<Record<string, Target>> = {
  ORDER_CREATED: 'ORDERS',
  ORDER_UPDATED: 'ORDERS',
  RETURN_UPDATED: 'RETURNS',
}

/** The data of the event are not looked at: what is true is read at the gateway. */
const Event = z.object({
  event_id: z.string().regex(/^[\w.:-]{1,100}$/),
  type: z.string().max(60),
  supplier_identifier: z.string().regex(/^[\w.-]{1,80}$/),
})

const verify: Webhook<Details, Credentials>['verify'] = async (push, account, now) => {
  const { webhook_secret: secret } = account.credentials
  const { 'x-timestamp': timestamp = '', 'x-signature': signature = '' } = push.headers
  if (!secret || push.headers['x-supplier-identifier'] !== account.externalAccountId) return false
  if (!/^\d{1,12}$/.test(timestamp)) return false
  const skewMs = Math.abs(now.getTime() - Number(timestamp) * 1000)
  if (skewMs > maxSkewSeconds * 1000) return false
  const { method, body } = push
  return await isSigned(secret, { method, path: signedPath, timestamp, body }, signature)
}

const read = (body: unknown): PushNote | null => {
  const parsed = Event.safeParse(body)
  if (!parsed.success) return null
  const { event_id: id, type, supplier_identifier: externalAccountId } = parsed.data
  const target = Object.hasOwn(targets, type) ? targets[type] : undefined
  return target === undefined ? null : { id, externalAccountId, target }
}

export const webhooks: readonly Webhook<Details, Credentials>[] = [{ path: '', verify, read }]
