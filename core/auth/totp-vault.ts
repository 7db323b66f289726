/** Secrets of second factors at rest: sealed by the process, each for its person. */
import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto'
import { Buffer } from 'node:buffer'
import type { NumberedSecrets } from '../crypto/numbered.ts'

export interface TotpVault {
  readonly seal: (identityId: string, secret: Uint8Array) => Uint8Array
  /** Undefined for what was changed, belongs to somebody else, or whose key is gone. */
  readonly open: (identityId: string, sealed: Uint8Array) => Uint8Array | undefined
}

const version = 1
const nonceBytes = 12
const tagBytes = 16
const head = 2 // version and the number of the secret

/**
 * AES-256-GCM: `01 | number of the secret | nonce 12 | ciphertext | tag 16`. Not the keys of sellers:
 * a person may work for several, and staff for none.
 */
export const createTotpVault = (secrets: NumberedSecrets): TotpVault => {
  const keyOf = (number: number) => secrets.keyFor(number, 'totp')
  const bindingOf = (identityId: string, front: Uint8Array) =>
    Buffer.concat([front, Buffer.from(`totp:${identityId}`)])
  return {
    seal: (identityId, secret) => {
      const front = Uint8Array.of(version, secrets.current)
      const nonce = randomFillSync(new Uint8Array(nonceBytes))
      const key = keyOf(secrets.current)
      if (key === undefined) throw new Error('Cannot seal: there is no current secret')
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
      cipher.setAAD(bindingOf(identityId, front))
      const text = Buffer.concat([cipher.update(secret), cipher.final()])
      return new Uint8Array(Buffer.concat([front, nonce, text, cipher.getAuthTag()]))
    },
    open: (identityId, sealed) => {
      const front = sealed.subarray(0, head)
      const key = front[0] === version ? keyOf(front[1] ?? -1) : undefined
      if (key === undefined || sealed.length <= head + nonceBytes + tagBytes) return undefined
      const nonce = sealed.subarray(head, head + nonceBytes)
      const cipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
      cipher.setAAD(bindingOf(identityId, front))
      cipher.setAuthTag(sealed.subarray(-tagBytes))
      try {
        const text = sealed.subarray(head + nonceBytes, -tagBytes)
        return new Uint8Array(Buffer.concat([cipher.update(text), cipher.final()]))
      } catch {
        return undefined
      }
    },
  }
}
