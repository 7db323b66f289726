/** Refresh tokens that must open nothing, though whoever made them knows the session. */
import { Buffer } from 'node:buffer'
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { createRefreshTokens } from '../../core/auth/refresh-tokens.ts'

interface Known {
  readonly sellerId: string
  readonly sessionId: string
  readonly generation: number
}

export const forgedRefreshTokens = (known: Known): Readonly<Record<string, string>> => {
  const uuid = (id: string) => Buffer.from(id.replaceAll('-', ''), 'hex')
  const body = (generation = known.generation, secret = randomBytes(32)) => {
    const number = Buffer.alloc(4)
    number.writeUInt32BE(generation)
    return Buffer.concat([uuid(known.sellerId), uuid(known.sessionId), number, secret])
  }
  const text = (...parts: readonly Uint8Array[]) => Buffer.concat(parts).toString('base64url')
  const hmac = (key: string | Uint8Array, bytes: Uint8Array) =>
    createHmac('sha256', key).update(bytes).digest().subarray(0, 16)
  const whole = body()
  const byOther = createRefreshTokens(new Uint8Array(32).fill(6)).make().forSession(known)
  return {
    'another key': byOther,
    'an empty key': text(whole, hmac('', whole)),
    'a key of zeros': text(whole, hmac(new Uint8Array(32), whole)),
    'the session for a key': text(whole, hmac(known.sessionId, whole)),
    'a digest for a tag': text(whole, createHash('sha256').update(whole).digest().subarray(0, 16)),
    'a random tag': text(whole, randomBytes(16)),
    'a tag of zeros': text(whole, new Uint8Array(16)),
    'no tag': text(whole),
    'half a tag': text(whole, randomBytes(8)),
    'a tag too long': text(whole, randomBytes(32)),
    'a secret of zeros': text(body(known.generation, Buffer.alloc(32)), randomBytes(16)),
    'a later generation': text(body(known.generation + 1), randomBytes(16)),
    'the last generation there is': text(body(2 ** 32 - 1), randomBytes(16)),
    'padding': `${byOther}==`,
    'a blank behind': `${byOther} `,
    'a line behind': `${byOther}\n`,
    'quotes': `"${byOther}"`,
    'base64 of the other alphabet': `${byOther.slice(0, -2)}+/`,
    'other bits behind the end': `${byOther.slice(0, -1)}B`,
    'the id of the session': known.sessionId,
    'the ids': `${known.sellerId}.${known.sessionId}.0`,
    'JSON': Buffer.from(JSON.stringify(known)).toString('base64url'),
    'a JWT without a signature': `${text(Buffer.from('{"alg":"none"}'))}.${
      text(Buffer.from(JSON.stringify({ sid: known.sessionId })))
    }.`,
    'nothing': '',
    'a word': 'null',
    'a prototype': '__proto__',
    'SQL': `' or '1'='1`,
    'rubbish of the right length': randomBytes(84).toString('base64url'),
    'rubbish, and much of it': 'A'.repeat(4_000),
  }
}
