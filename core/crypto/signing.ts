/** Ed25519 signatures over text, with the keys of a JWK set from the configuration. */
import { Buffer } from 'node:buffer'
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'

export interface SigningKeySet {
  readonly keys: readonly Readonly<Record<string, unknown>>[]
}
/** What everyone may have of a key. */
export interface PublicKey {
  readonly kty: 'OKP'
  readonly crv: 'Ed25519'
  readonly x: string
  readonly kid: string
  readonly alg: 'EdDSA'
  readonly use: 'sig'
}
export interface Verifier {
  /** False for a key that the set does not have, too. */
  readonly verify: (keyId: string, text: string, signature: Uint8Array) => boolean
  /** In the order of the set. */
  readonly publicKeys: readonly PublicKey[]
}
export interface Signer extends Verifier {
  readonly keyId: string
  /** 64 bytes over the UTF-8 of the text. */
  readonly sign: (text: string) => Uint8Array
}

/**
 * All keys of the set verify. A key without `kid` gets its RFC 7638 thumbprint. Throws what is wrong
 * with which key, without a word of the key.
 */
export const createVerifier = ({ keys }: SigningKeySet): Verifier => {
  const known = new Map<string, KeyObject>()
  const publicKeys = keys.map((jwk, at) => publicOf(jwk, at))
  for (const [at, jwk] of publicKeys.entries()) {
    if (known.has(jwk.kid)) throw new Error(`Cannot use key ${at + 1}: its kid stands twice`)
    const { kty, crv, x } = jwk
    known.set(jwk.kid, load(at, () => createPublicKey({ key: { kty, crv, x }, format: 'jwk' })))
  }
  return {
    publicKeys,
    verify: (keyId, text, signature) => {
      const key = known.get(keyId)
      return key !== undefined && verify(null, Buffer.from(text), key, signature)
    },
  }
}

/** The first key signs: to change keys, put the new one in front and keep the old ones, which verify. */
export const createSigner = (set: SigningKeySet): Signer => {
  const verifier = createVerifier(set)
  const [first] = set.keys
  const [open] = verifier.publicKeys
  if (first === undefined || open === undefined) {
    throw new Error('Cannot sign: the key set is empty')
  }
  if (typeof first['d'] !== 'string') {
    throw new Error('Cannot sign: the first key of the set has no private part')
  }
  const { kty, crv, x, kid } = open
  const jwk = { kty, crv, x, d: first['d'] }
  const key = load(0, () => createPrivateKey({ key: jwk, format: 'jwk' }))
  const signText = (text: string) => new Uint8Array(sign(null, Buffer.from(text), key))
  const probe = 'the two parts of the key belong together'
  if (!verifier.verify(kid, probe, signText(probe))) {
    throw new Error('Cannot sign: the two parts of the first key do not belong together')
  }
  return { ...verifier, keyId: kid, sign: signText }
}

const publicOf = (jwk: Readonly<Record<string, unknown>>, at: number): PublicKey => {
  const { kty, crv, x, kid } = jwk
  if (kty !== 'OKP' || crv !== 'Ed25519' || typeof x !== 'string') {
    throw new Error(`Cannot use key ${at + 1}: it is no Ed25519 key in JWK form`)
  }
  const id = typeof kid === 'string' && kid !== '' ? kid : thumbprint(x)
  return { kty, crv, x, kid: id, alg: 'EdDSA', use: 'sig' }
}

/** RFC 7638. */
const thumbprint = (x: string): string =>
  createHash('sha256').update(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }))
    .digest('base64url')

const load = (at: number, make: () => KeyObject): KeyObject => {
  try {
    return make()
  } catch {
    // the cause may quote the key
    throw new Error(`Cannot use key ${at + 1}: its members do not make a key`)
  }
}
