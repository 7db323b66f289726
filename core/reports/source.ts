/** Where the bytes of a file come from: whole, or a piece, as often as somebody asks. */
import { failure } from '../plugin.ts'

export interface Source {
  readonly byteSize: number
  /** From `from` on and before `to`; all of it without a range. Each call reads anew. */
  readonly read: (
    range?: { readonly from: number; readonly to: number },
  ) => AsyncIterable<Uint8Array>
}

/** What is wrong with a file, in words for the seller; the next attempt would find the same. */
export const refuse = (message: string): Error => failure('rejected', message)

export const sourceOfBytes = (bytes: Uint8Array): Source => ({
  byteSize: bytes.length,
  read: async function* ({ from, to } = { from: 0, to: bytes.length }) {
    yield bytes.subarray(from, to)
  },
})

/** The first bytes, fewer where there are no more. */
export const headOf = async (
  chunks: AsyncIterable<Uint8Array>,
  size: number,
): Promise<Uint8Array> => {
  const head = new Uint8Array(size)
  let length = 0
  for await (const chunk of chunks) {
    const part = chunk.subarray(0, size - length)
    head.set(part, length)
    length += part.length
    if (length === size) break
  }
  return head.subarray(0, length)
}

export const wholeOf = async (
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
  tooLarge: string,
): Promise<Uint8Array> => {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.length
    if (size > maxBytes) throw refuse(tooLarge)
    parts.push(chunk)
  }
  const whole = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

export type Form =
  | 'zip'
  | 'gzip'
  | 'text'
  | 'old-workbook'
  | 'web-page'
  | 'pdf'
  | 'binary'
  | 'empty'

/** What a file is, by its first bytes and never by its name. */
export const formOf = (head: Uint8Array): Form => {
  const begins = (...bytes: readonly number[]) => bytes.every((byte, at) => head[at] === byte)
  if (head.length === 0) return 'empty'
  if (begins(0x50, 0x4b, 0x03, 0x04) || begins(0x50, 0x4b, 0x05, 0x06)) return 'zip'
  if (begins(0x1f, 0x8b)) return 'gzip'
  if (begins(0xd0, 0xcf, 0x11, 0xe0)) return 'old-workbook'
  if (begins(0x25, 0x50, 0x44, 0x46)) return 'pdf'
  if (begins(0xff, 0xfe) || begins(0xfe, 0xff)) return 'text'
  const text = new TextDecoder().decode(head).trimStart().toLowerCase()
  if (/^<(?:!doctype|html|table|\?xml)/.test(text)) return 'web-page'
  // one may stand in a cell; every twentieth byte is no text
  const nuls = head.reduce((count, byte) => byte === 0 ? count + 1 : count, 0)
  return nuls * 20 > head.length ? 'binary' : 'text'
}
