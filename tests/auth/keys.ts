/** Signing keys for tests: made once in a process, by name. */
import { exportJWK, generateKeyPair, type JWK } from 'jose'

const made = new Map<string, Promise<JWK>>()

/** A private Ed25519 key whose kid is the name. */
export const keyFor = (name: string): Promise<JWK> => {
  const found = made.get(name)
  if (found !== undefined) return found
  const key = generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
    .then(({ privateKey }) => exportJWK(privateKey))
    .then((jwk) => ({ ...jwk, kid: name }))
  made.set(name, key)
  return key
}
