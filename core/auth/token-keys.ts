/** The keys that access tokens are signed and checked with: a JWK set from the configuration. */
import { calculateJwkThumbprint, importJWK, type JWK } from 'jose'

export interface TokenKeySet {
  readonly keys: readonly JWK[]
}
export interface TokenKeys {
  readonly signing: { readonly kid: string; readonly key: CryptoKey }
  /** By `kid`. */
  readonly verifying: ReadonlyMap<string, CryptoKey>
}

/**
 * The first key signs, all of them verify: to change keys, put the new one in front and drop the
 * old one after 15 minutes. A key without `kid` gets its RFC 7638 thumbprint. Throws what is wrong
 * with which key, without a word of the key.
 */
export const loadTokenKeys = async ({ keys }: TokenKeySet): Promise<TokenKeys> => {
  const [first] = keys
  if (first === undefined) throw new Error('Cannot sign tokens: the key set is empty')
  const verifying = new Map<string, CryptoKey>()
  for (const [at, jwk] of keys.entries()) {
    const kid = await kidOf(jwk, at)
    if (verifying.has(kid)) throw new Error(`Cannot use token key ${at + 1}: its kid stands twice`)
    const { d: _private, ...open } = jwk
    verifying.set(kid, await load(open, at))
  }
  if (first.d === undefined) {
    throw new Error('Cannot sign tokens: the first key of the set has no private part')
  }
  return { signing: { kid: await kidOf(first, 0), key: await load(first, 0) }, verifying }
}

const kidOf = async (jwk: JWK, at: number): Promise<string> => {
  if (jwk.kty !== 'OKP' || jwk.crv !== 'Ed25519' || typeof jwk.x !== 'string') {
    throw new Error(`Cannot use token key ${at + 1}: it is no Ed25519 key in JWK form`)
  }
  return jwk.kid ?? await calculateJwkThumbprint(jwk)
}

const load = async (jwk: JWK, at: number): Promise<CryptoKey> => {
  try {
    const { kty, crv, x, d } = jwk
    // `use`, `key_ops` and `alg` of the file are not needed, and may only get in the way
    const key = await importJWK({ kty, crv, x, ...(d === undefined ? {} : { d }) } as JWK, 'EdDSA')
    if (key instanceof Uint8Array) throw new Error('a secret instead of a key')
    return key
  } catch {
    // the cause may quote the key
    throw new Error(`Cannot use token key ${at + 1}: its members do not make a key`)
  }
}
