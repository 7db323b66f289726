/** A key service in memory, for tests that need keys and no KMS. */
import { randomBytes } from 'node:crypto'
import type { KeyContext, KeyWrapping } from '../../../core/crypto/kms.ts'

export const memoryKms = (): KeyWrapping => {
  const vault = new Map<string, Uint8Array>()
  const nameOf = (wrapped: Uint8Array, context: KeyContext) =>
    // the database gives it back as a Buffer, whose text is another one
    `${[...wrapped].join()} ${JSON.stringify(context)}`
  return {
    generate: (_alias, context) => {
      const plain = new Uint8Array(randomBytes(32))
      const wrapped = new Uint8Array(randomBytes(16))
      vault.set(nameOf(wrapped, context), plain.slice())
      return Promise.resolve({ plain, wrapped })
    },
    unwrap: (wrapped, context) => {
      const plain = vault.get(nameOf(wrapped, context))
      if (!plain) return Promise.reject(new Error('Cannot unwrap: wrapped under another context'))
      return Promise.resolve(plain.slice())
    },
    ensureAlias: () => Promise.resolve(),
  }
}
