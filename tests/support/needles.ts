/** Looks for many texts in many files at once, in the forms in which a text ends up in a file. */
import { Buffer } from 'node:buffer'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Hit {
  readonly file: string
  readonly needle: string
  readonly form: string
}
export interface Searched {
  readonly files: readonly string[]
  readonly bytes: number
  readonly hits: readonly Hit[]
}

/** A text, or bytes with a name for the report. */
export type Needle = string | { readonly name: string; readonly bytes: Uint8Array }

/** Every file below the folder is read whole. */
export const searchFolder = (folder: string, needles: readonly Needle[]): Searched => {
  const find = createFinder(needles)
  const files = filesBelow(folder)
  let bytes = 0
  const hits = files.flatMap((file) => {
    const content = readFileSync(join(folder, file))
    bytes += content.length
    return find(content).map((hit) => ({ file, ...hit }))
  })
  return { files, bytes, hits }
}

const filesBelow = (folder: string, inside = ''): string[] =>
  readdirSync(join(folder, inside), { withFileTypes: true }).flatMap((entry) => {
    const path = join(inside, entry.name)
    if (entry.isDirectory()) return filesBelow(folder, path)
    return entry.isFile() ? [path] : []
  })

/**
 * UTF-8, both UTF-16s, hexadecimal as PostgreSQL writes bytes, base64 at each of its offsets and in
 * both alphabets, and percent-encoding; each once.
 */
export const formsOf = (needle: Needle): readonly (readonly [form: string, bytes: Buffer])[] => {
  const utf8 = Buffer.from(typeof needle === 'string' ? needle : needle.bytes)
  const base64At = (offset: number, alphabet: 'base64' | 'base64url'): Buffer => {
    const coded = Buffer.concat([Buffer.alloc(offset), utf8]).toString(alphabet)
    // the first and last characters hold bits of the neighbours as well
    const from = Math.ceil(offset * 8 / 6)
    const to = Math.floor((offset + utf8.length) * 8 / 6)
    return Buffer.from(coded.slice(from, to))
  }
  const forms: readonly (readonly [string, Buffer])[] = [
    ['utf-8', utf8],
    ['hex', Buffer.from(utf8.toString('hex'))],
    ...[0, 1, 2].map((offset) => [`base64+${offset}`, base64At(offset, 'base64')] as const),
    ...[0, 1, 2].map((offset) => [`base64url+${offset}`, base64At(offset, 'base64url')] as const),
    ...(typeof needle === 'string' ? formsOfText(needle) : []),
  ]
  return forms.filter(([, bytes], at) => forms.findIndex(([, one]) => one.equals(bytes)) === at)
}

const formsOfText = (text: string): readonly (readonly [string, Buffer])[] => {
  const utf16 = Buffer.from(text, 'utf16le')
  return [
    ['utf-16le', utf16],
    ['utf-16be', Buffer.from(utf16).swap16()],
    ['url', Buffer.from(encodeURIComponent(text))],
    ['form', Buffer.from(new URLSearchParams({ v: text }).toString().slice(2))],
  ]
}

interface Wanted {
  readonly needle: string
  readonly form: string
  readonly bytes: Buffer
}
interface Found {
  readonly needle: string
  readonly form: string
}

/**
 * Looks for all needles in one go, as Wu and Manber do: two bytes at the end of a window say how far
 * the window may move before any needle can end there, which is far where few of them are common.
 */
export const createFinder = (needles: readonly Needle[]): (content: Buffer) => readonly Found[] => {
  const all: Wanted[] = [...new Set(needles)].flatMap((one) => {
    const needle = typeof one === 'string' ? one : one.name
    return formsOf(one).map(([form, bytes]) => ({ needle, form, bytes }))
  })
  const window = Math.min(maxWindow, ...all.map(({ bytes }) => bytes.length))
  if (window < 6) throw new Error('Cannot look for so short a text: it is everywhere')
  const moves = new Uint8Array(65_536).fill(window - 1)
  const byHead = new Map<number, Wanted[]>()
  for (const wanted of all) {
    const { bytes } = wanted
    for (let end = 1; end < window; end++) {
      const pair = bytes.readUInt16LE(end - 1)
      moves[pair] = Math.min(moves[pair] ?? 0, window - 1 - end)
    }
    const head = bytes.readUInt32LE(0)
    byHead.set(head, [...byHead.get(head) ?? [], wanted])
  }
  return (content) => {
    const hits = new Set<Wanted>()
    let end = window - 1
    while (end < content.length) {
      const pair = (content[end - 1] ?? 0) | (content[end] ?? 0) << 8
      const move = moves[pair] ?? 0
      if (move > 0) {
        end += move
        continue
      }
      const at = end + 1 - window
      for (const wanted of byHead.get(content.readUInt32LE(at)) ?? []) {
        const { bytes } = wanted
        const to = at + bytes.length
        if (to <= content.length && bytes.equals(content.subarray(at, to))) hits.add(wanted)
      }
      end++
    }
    return [...hits].map(({ needle, form }) => ({ needle, form }))
  }
}

const maxWindow = 255 // a move is a byte
