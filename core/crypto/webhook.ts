/** Webhooks as https://www.standardwebhooks.com says: the secret of a receiver, and the headers. */
import { Buffer } from 'node:buffer'
import { createHmac } from 'node:crypto'
import type { Random } from '../ids.ts'

const prefix = 'whsec_'
const secretBytes = 32 // the specification asks for 24 to 64

/** `whsec_` and base64: what receivers' libraries take as it stands. */
export const newHookSecret = (random: Random): string =>
  prefix + Buffer.from(random(new Uint8Array(secretBytes))).toString('base64')

/** `id` names the message, the same in every attempt; without a dot, which would move the parts. */
export const hookHeaders = (
  secret: string,
  { id, at, body }: { readonly id: string; readonly at: Date; readonly body: string },
): Readonly<Record<string, string>> => {
  const seconds = Math.floor(at.getTime() / 1000)
  const key = Buffer.from(secret.slice(prefix.length), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64')
  return {
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': `v1,${signature}`,
  }
}
