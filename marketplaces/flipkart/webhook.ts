/** Flipkart's notifications: signed, at least once, without an id and without the seller's name. */
import type { Push, PushNote, Webhook } from 'robnu/plugin'
import { z } from 'zod'
import type { Credentials, Details } from './schemas.ts'

/** A group that is blocked comes late; what is older was met by the schedule long ago. */
const longestMs = 7 * 86_400_000

export const notifications: Webhook<Details, Credentials> = {
  path: '',
  verify: async (push, { details, credentials }, now) => {
    const date = push.headers['x_date'] ?? push.headers['x-date'] ?? ''
    const sent = Date.parse(date)
    if (!(Math.abs(now.getTime() - sent) <= longestMs)) return false
    const given = signatureOf(push)
    if (given === undefined) return false
    const secret = credentials.notification_secret ?? credentials.app_secret
    let fits = false
    // the documentation says the header's text, and its sample is made of the seconds
    for (const time of [String(Math.floor(sent / 1000)), date]) {
      for (const url of addressesOf(push, details)) {
        const digest = await sha1(`${time}${url}${push.method.toUpperCase()}${secret}`)
        // all of them, so that the time does not tell which one it was
        fits = isSame(given, `${details.app_id}:${digest}`) || fits
      }
    }
    return fits
  },
  read: (body) => {
    const parsed = Event.safeParse(body)
    return parsed.success ? noteOf(parsed.data) : null
  },
}

const signatureOf = ({ headers }: Push): string | undefined => {
  const header = headers['x_authorization'] ?? headers['x-authorization'] ?? ''
  const [, encoded] = /^FKLOGIN\s+([A-Za-z0-9+/=]{1,2000})$/.exec(header.trim()) ?? []
  try {
    return encoded === undefined ? undefined : atob(encoded)
  } catch {
    return undefined
  }
}

/** What was registered with Flipkart; where nobody has told it, the address as it was asked for. */
const addressesOf = ({ headers, path }: Push, { notification_url }: Details): readonly string[] =>
  notification_url ? [notification_url] : [`https://${headers['host'] ?? ''}${path}`, path]

const sha1 = async (text: string): Promise<string> => {
  const digest = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(text))
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** In a time that does not depend on where they differ. */
const isSame = (one: string, other: string): boolean => {
  let difference = one.length ^ other.length
  for (let at = 0; at < one.length; at++) {
    difference |= one.charCodeAt(at) ^ (other.charCodeAt(at) || 0)
  }
  return difference === 0
}

const id = z.string().regex(/^[\w-]{1,80}$/)
const Event = z.object({
  eventType: z.string().regex(/^[\w ]{1,60}$/),
  timestamp: z.union([z.string(), z.number()]).transform(String).pipe(z.string().max(40)),
  shipmentId: id.nullish(),
  returnId: id.nullish(),
})

const noteOf = (event: z.infer<typeof Event>): PushNote | null => {
  const thing = event.returnId ?? event.shipmentId ?? ''
  const about = { id: `${event.eventType}/${thing}/${event.timestamp}`, externalAccountId: '' }
  if (/^return/i.test(event.eventType)) return { ...about, target: 'RETURNS' }
  return /^(shipment|form)/i.test(event.eventType) ? { ...about, target: 'ORDERS' } : null
}
