/** What an API key looks like: `rk_<prefix>_<secret>`. */
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import type { Random } from '../ids.ts'

export interface MadeKey {
  /** The whole key: shown once, and kept nowhere. */
  readonly text: string
  /** People recognise it by this; 71 bits, so that nobody meets a stranger's. */
  readonly prefix: string
  readonly hash: Uint8Array
}

/** What a key begins with, and no token does. */
export const keyMarker = 'rk_'
const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const prefixLength = 12
const secretBytes = 32
const form = /^rk_([0-9A-Za-z]{12})_[\w-]{43}$/

export const makeKey = (random: Random): MadeKey => {
  const prefix = randomLetters(random)
  const secret = Buffer.from(random(new Uint8Array(secretBytes))).toString('base64url')
  const text = `${keyMarker}${prefix}_${secret}`
  return { text, prefix, hash: hashOf(text) }
}

/** Undefined for what has not the form of a key. */
export const prefixOf = (text: string): string | undefined => form.exec(text)?.[1]

/**
 * SHA-256 of the text as it stands, so that no other spelling of the same bytes is the key. A slow
 * hash is for what people make up: 256 random bits are guessed by nobody, however quick the hash.
 */
export const hashOf = (text: string): Uint8Array => createHash('sha256').update(text).digest()

const randomLetters = (random: Random): string => {
  let text = ''
  while (text.length < prefixLength) {
    for (const byte of random(new Uint8Array(2 * prefixLength))) {
      // 248 = 4 × 62: beyond it the first letters would come more often
      if (byte < 248 && text.length < prefixLength) text += letters[byte % letters.length]
    }
  }
  return text
}
