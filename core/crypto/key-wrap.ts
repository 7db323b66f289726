/** Keys of a seller under its root: KMS wraps the root, the root wraps the others. */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { Buffer } from 'node:buffer'
import type { Purpose } from './keys.ts'
import type { KeyContext } from './kms.ts'
import { systemRandom } from './random.ts'

/** `root` wraps, the others are used; an `archive` key is that of a month, with its number as version. */
export type WrappedPurpose = Purpose | 'archive' | 'root'
export interface KeyName {
  readonly purpose: WrappedPurpose
  readonly version: number
}

export const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16
const cipher = 'aes-256-gcm'

/** KMS refuses to unwrap under another context, so a row that was moved is worth nothing. */
export const contextOf = (sellerId: string, { purpose, version }: KeyName): KeyContext => ({
  seller: sellerId,
  purpose,
  version: String(version),
})

/** `nonce 12 | ciphertext 32 | tag 16`, AES-256-GCM, bound to seller, purpose and version. */
export const wrapUnder = (
  root: Uint8Array,
  sellerId: string,
  name: KeyName,
  plain: Uint8Array,
): Uint8Array => {
  const nonce = systemRandom(new Uint8Array(nonceBytes))
  const wrapping = createCipheriv(cipher, root, nonce)
  wrapping.setAAD(boundTo(sellerId, name))
  const wrapped = wrapping.update(plain)
  wrapping.final()
  return new Uint8Array(Buffer.concat([nonce, wrapped, wrapping.getAuthTag()]))
}

/** The caller zeroes what it gets. Throws when the key was wrapped under another root, or for another place. */
export const unwrapUnder = (
  root: Uint8Array,
  sellerId: string,
  name: KeyName,
  wrapped: Uint8Array,
): Uint8Array => {
  const refusal = () =>
    new Error(
      `Cannot unwrap "${name.purpose}" ${name.version} of seller "${sellerId}": it was wrapped under another root or for another place`,
    )
  if (wrapped.length !== nonceBytes + keyBytes + tagBytes) throw refusal()
  const opening = createDecipheriv(cipher, root, wrapped.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  })
  opening.setAAD(boundTo(sellerId, name))
  opening.setAuthTag(wrapped.subarray(nonceBytes + keyBytes))
  const open = opening.update(wrapped.subarray(nonceBytes, nonceBytes + keyBytes))
  const plain = new Uint8Array(open)
  open.fill(0)
  try {
    opening.final()
  } catch {
    plain.fill(0)
    throw refusal()
  }
  return plain
}

const boundTo = (sellerId: string, { purpose, version }: KeyName): Uint8Array =>
  Buffer.from(JSON.stringify(['robnu key', sellerId, purpose, version]))
