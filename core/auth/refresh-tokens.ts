/** Refresh tokens: they name a session and how old they are, and nobody else can make one. */
import { createHash, createHmac, randomFillSync, timingSafeEqual } from 'node:crypto'
import { Buffer } from 'node:buffer'
import type { Random } from '../ids.ts'

export interface RefreshToken {
  readonly sellerId: string
  readonly sessionId: string
  /** 0 at the sign-in, and one more with each refresh. */
  readonly generation: number
  /** SHA-256 of its random part: what the database has of the newest one. */
  readonly hash: Uint8Array
}
export interface NewRefreshToken {
  readonly hash: Uint8Array
  /** The token, once it is known what it is for. */
  readonly forSession: (of: Omit<RefreshToken, 'hash'>) => string
}
export interface RefreshTokens {
  readonly make: () => NewRefreshToken
  /**
   * Undefined for whatever is no token of ours; never throws. What opens was made by us: so an old
   * one is a copy that comes back, and a made-up one ends nobody's session.
   */
  readonly open: (token: string) => RefreshToken | undefined
}

const idBytes = 16
const randomBytes = 32
const tagBytes = 16
const bodyBytes = 2 * idBytes + 4 + randomBytes

/** base64url of `seller 16 | session 16 | generation u32 | random 32 | HMAC-SHA256 16`. */
export const createRefreshTokens = (
  key: Uint8Array,
  random: Random = (bytes) => randomFillSync(bytes),
): RefreshTokens => {
  const tagOf = (body: Uint8Array): Buffer =>
    createHmac('sha256', key).update(body).digest().subarray(0, tagBytes)
  return {
    make: () => {
      const secret = random(new Uint8Array(randomBytes))
      return {
        hash: sha256(secret),
        forSession: ({ sellerId, sessionId, generation }) => {
          const number = Buffer.alloc(4)
          number.writeUInt32BE(generation)
          const body = Buffer.concat([uuidBytes(sellerId), uuidBytes(sessionId), number, secret])
          return Buffer.concat([body, tagOf(body)]).toString('base64url')
        },
      }
    },
    open: (token) => {
      const bytes = Buffer.from(token, 'base64url')
      // the decoder skips what is no base64url: one token has one spelling
      if (bytes.length !== bodyBytes + tagBytes || bytes.toString('base64url') !== token) return
      const body = bytes.subarray(0, bodyBytes)
      if (!timingSafeEqual(bytes.subarray(bodyBytes), tagOf(body))) return
      return {
        sellerId: uuidText(bytes, 0),
        sessionId: uuidText(bytes, idBytes),
        generation: bytes.readUInt32BE(2 * idBytes),
        hash: sha256(body.subarray(-randomBytes)),
      }
    },
  }
}

const sha256 = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(createHash('sha256').update(bytes).digest())
const uuidBytes = (id: string): Buffer => Buffer.from(id.replaceAll('-', ''), 'hex')
const uuidText = (bytes: Buffer, from: number): string =>
  bytes.toString('hex', from, from + idBytes)
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
