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

/** Every file below the folder is read whole. */
export const searchFolder = (folder: string, needles: readonly string[]): Searched => {
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

/** UTF-8, both UTF-16s, hexadecimal as PostgreSQL writes bytes, and base64 at each of its offsets. */
export const formsOf = (text: string): readonly (readonly [form: string, bytes: Buffer])[] => {
  const utf8 = Buffer.from(text)
  const utf16 = Buffer.from(text, 'utf16le')
  const base64At = (offset: number): Buffer => {
    const coded = Buffer.concat([Buffer.alloc(offset), utf8]).toString('base64')
    // the first and last characters hold bits of the neighbours as well
    const from = Math.ceil(offset * 8 / 6)
    const to = Math.floor((offset + utf8.length) * 8 / 6)
    return Buffer.from(coded.slice(from, to))
  }
  return [
    ['utf-8', utf8],
    ['utf-16le', utf16],
    ['utf-16be', Buffer.from(utf16).swap16()],
    ['hex', Buffer.from(utf8.toString('hex'))],
    ...[0, 1, 2].map((offset) => [`base64+${offset}`, base64At(offset)] as const),
  ]
}

interface Wanted {
  readonly needle: string
  readonly form: string
  readonly bytes: Buffer
}

/** All needles by their first four bytes, behind a table that says no to almost every place. */
const createFinder = (needles: readonly string[]) => {
  const byHead = new Map<number, Wanted[]>()
  const heads = new Uint8Array(65_536)
  for (const needle of new Set(needles)) {
    for (const [form, bytes] of formsOf(needle)) {
      if (bytes.length < 6) throw new Error('Cannot look for so short a text: it is everywhere')
      const head = bytes.readUInt32LE(0)
      heads[slotOf(head)] = 1
      byHead.set(head, [...byHead.get(head) ?? [], { needle, form, bytes }])
    }
  }
  return (content: Buffer): { readonly needle: string; readonly form: string }[] => {
    const hits: Wanted[] = []
    const last = content.length - 4
    for (let at = 0, head = content.length < 4 ? 0 : content.readUInt32LE(0); at <= last; at++) {
      if (heads[slotOf(head)] === 1) {
        for (const wanted of byHead.get(head) ?? []) {
          const end = at + wanted.bytes.length
          if (end <= content.length && wanted.bytes.equals(content.subarray(at, end))) {
            hits.push(wanted)
          }
        }
      }
      head = (head >>> 8) | ((content[at + 4] ?? 0) << 24)
      head >>>= 0
    }
    return [...new Set(hits)].map(({ needle, form }) => ({ needle, form }))
  }
}

const slotOf = (head: number): number => Math.imul(head, 0x9e3779b1) >>> 16
