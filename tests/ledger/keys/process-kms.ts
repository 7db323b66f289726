/** A KMS for several processes without one more: they have its key from their parent. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { Buffer } from 'node:buffer'
import type { KeyContext, KeyWrapping } from '../../../core/crypto/kms.ts'

export const processKms = (master: Uint8Array): KeyWrapping => {
  const bound = (context: KeyContext) => Buffer.from(JSON.stringify(Object.entries(context).sort()))
  return {
    generate: (_alias, context) => {
      const plain = new Uint8Array(randomBytes(32))
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', master, nonce).setAAD(bound(context))
      const sealed = Buffer.concat([cipher.update(plain), cipher.final()])
      const wrapped = new Uint8Array(Buffer.concat([nonce, sealed, cipher.getAuthTag()]))
      return Promise.resolve({ plain, wrapped })
    },
    unwrap: (wrapped, context) => {
      const opening = createDecipheriv('aes-256-gcm', master, wrapped.subarray(0, 12))
        .setAAD(bound(context)).setAuthTag(wrapped.subarray(-16))
      const plain = Buffer.concat([opening.update(wrapped.subarray(12, -16)), opening.final()])
      return Promise.resolve(new Uint8Array(plain))
    },
    ensureAlias: () => Promise.resolve(),
  }
}
