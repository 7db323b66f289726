/** Short texts that go out to clients and come back: signed, and bound to where they belong. */
import { Buffer } from 'node:buffer'
import { createHmac, timingSafeEqual } from 'node:crypto'

export interface Signer {
  /** base64url of tag and text. The text can be read by anyone. */
  readonly sign: (context: string, text: string) => string
  /** The text; undefined when anything differs, the context included. */
  readonly open: (context: string, signed: string) => string | undefined
}

const tagBytes = 16 // 128 bits: nobody guesses one, and cursors stay short
const maxLength = 1024

/** HMAC-SHA256. Throws when the key has fewer than 32 bytes. */
export const createSigner = (key: Uint8Array): Signer => {
  if (key.byteLength < 32) throw new Error('Cannot sign: the key has fewer than 32 bytes')
  const tagOf = (context: string, text: string) =>
    // the length keeps context and text from lending characters to each other
    createHmac('sha256', key).update(`${context.length}:${context}${text}`).digest()
      .subarray(0, tagBytes)
  return {
    sign: (context, text) =>
      Buffer.concat([tagOf(context, text), Buffer.from(text)]).toString('base64url'),
    open: (context, signed) => {
      if (signed.length > maxLength) return undefined
      const bytes = Buffer.from(signed, 'base64url')
      // the decoder skips what is no base64url; one text has one spelling
      if (bytes.length <= tagBytes || bytes.toString('base64url') !== signed) return undefined
      const text = bytes.subarray(tagBytes).toString()
      return timingSafeEqual(bytes.subarray(0, tagBytes), tagOf(context, text)) ? text : undefined
    },
  }
}
