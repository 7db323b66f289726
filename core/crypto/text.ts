/** Bytes as text and back, for those who may not use `Buffer`. */
import { Buffer } from 'node:buffer'

/** Lower case. */
export const toHex = (bytes: Uint8Array): string => view(bytes).toString('hex')

/** Throws for what is no hex of whole bytes. */
export const fromHex = (text: string): Uint8Array => {
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) throw new Error('Cannot read bytes: the text is no hex')
  return new Uint8Array(Buffer.from(text, 'hex'))
}

export const toBase64 = (bytes: Uint8Array): string => view(bytes).toString('base64')

/** Characters that do not belong there are left out, as Node does. */
export const fromBase64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'))

const view = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
