/** Whose request it is: the key, the time, the signature, in this order. */
import { createHash, createHmac } from 'node:crypto'
import type { SandboxAnswer, SandboxRequest } from 'robnu/testing'
import type { Supplier } from './model.ts'
import { keysOf } from './suppliers.ts'
import { refused } from './wire.ts'
import type { World } from './world.ts'

/** Hex HMAC-SHA256 over method, path with query, timestamp and the digest of the body. */
export const signatureOf = (
  secret: string,
  [method, path, timestamp, body]: readonly [string, string, string, string],
): string => {
  const digest = createHash('sha256').update(body).digest('hex')
  const text = [method, path, timestamp, digest].join('\n')
  return createHmac('sha256', secret).update(text).digest('hex')
}

/** The supplier, or the refusal. */
export const holderOf = (
  world: World,
  request: SandboxRequest,
  now: number,
  skewMs: number,
): { readonly supplier: Supplier } | { readonly refusal: SandboxAnswer } => {
  const supplier = world.suppliers.get(request.header('x-supplier-identifier') ?? '')
  const keys = supplier && keysOf(world.seed, supplier, supplier.keyNumber)
  if (!supplier || !keys || keys.api_key !== request.header('x-api-key')) return unknownKey()
  if (supplier.keyEndsAfter <= 0) return unknownKey()
  const timestamp = request.header('x-timestamp') ?? ''
  const sentAt = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) * 1000 : NaN
  if (!(Math.abs(now - sentAt) <= skewMs)) {
    const more = { server_time: Math.floor(now / 1000) }
    return { refusal: refused(401, 'TIMESTAMP_SKEW', 'The timestamp is too far off.', more) }
  }
  const { method, url, body } = request
  const path = `${url.pathname}${url.search}`
  const wanted = signatureOf(keys.api_secret, [method, path, timestamp, body])
  if (wanted !== request.header('x-signature')) {
    return { refusal: refused(401, 'SIGNATURE_MISMATCH', 'The signature is another one.') }
  }
  supplier.keyEndsAfter -= 1
  return { supplier }
}

const unknownKey = (): { readonly refusal: SandboxAnswer } => ({
  refusal: refused(401, 'UNKNOWN_KEY', 'There is no such key.'),
})
