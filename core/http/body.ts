/** Reads a JSON body, and refuses what is too large, too deep or not what it says it is. */
import { fault, hasCode } from '../errors.ts'
import type { Upload, UploadRule } from './route.ts'

export const bodyLimit = 1024 * 1024
export const authBodyLimit = 64 * 1024

const jsonType = /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?;?$/i
// Node's server ends such a request by itself, some time later; Deno's waits for ever
const bodyMs = 30_000
const maxDepth = 32 // schemas may recurse where JSON.parse does not
const maxValues = 50_000 // a megabyte has room for ten times as many, and each costs
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The parsed body; undefined when there is none. Throws faults 400, 408, 413 and 415. */
export const readJson = async (request: Request, maxBytes: number): Promise<unknown> => {
  const type = request.headers.get('content-type')
  if (type !== null && !jsonType.test(type)) throw fault('unsupported-media-type')
  // nothing is unpacked here, so that a small body cannot become a large one
  if (request.headers.get('content-encoding') !== null) throw fault('unsupported-media-type')
  const bytes = await inTime(readBytes(request, maxBytes))
  if (bytes.byteLength === 0) return undefined
  if (type === null) throw fault('unsupported-media-type')
  refuseBombs(bytes)
  const value = parse(bytes)
  refuseOddWords(value)
  return value
}

/** The body as it stands, for who checks a signature over it. Throws faults 400, 408, 413 and 415. */
export const readText = async (request: Request, maxBytes: number): Promise<string> => {
  if (request.headers.get('content-encoding') !== null) throw fault('unsupported-media-type')
  const bytes = await inTime(readBytes(request, maxBytes))
  try {
    return utf8.decode(bytes)
  } catch {
    throw oddShape('must be text in UTF-8')
  }
}

/** A file, chunk by chunk. Throws at once for its type and its told length, later for the rest. */
export const readUpload = (request: Request, { maxBytes, types }: UploadRule): Upload => {
  const [type = ''] = (request.headers.get('content-type') ?? '').split(';')
  const mime = type.trim().toLowerCase()
  if (!types.includes(mime)) throw fault('unsupported-media-type')
  if (request.headers.get('content-encoding') !== null) throw fault('unsupported-media-type')
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) {
    throw fault('payload-too-large')
  }
  return { mime, chunks: chunksOf(request, maxBytes) }
}

const chunksOf = async function* (request: Request, maxBytes: number): AsyncIterable<Uint8Array> {
  const reader = request.body?.getReader()
  let size = 0
  // never cancelled, as below
  while (reader !== undefined) {
    const { done, value } = await inTime(reader.read().catch(wordsFor))
    if (done) return
    size += value.byteLength
    if (size > maxBytes) throw fault('payload-too-large')
    yield value
  }
}

/** The client went away in the middle. */
const wordsFor = (cause: unknown): never => {
  throw fault('invalid-request', { errors: [{ pointer: '', message: 'is not whole' }], cause })
}

const readBytes = async (request: Request, maxBytes: number): Promise<Uint8Array> => {
  const told = request.headers.get('content-length')
  if (told !== null && Number(told) > maxBytes) throw fault('payload-too-large')
  try {
    // with a length the server itself counts, and one read is several times faster
    if (told === null) return await readStream(request, maxBytes)
    const bytes = new Uint8Array(await request.arrayBuffer())
    if (bytes.byteLength > maxBytes) throw fault('payload-too-large')
    return bytes
  } catch (cause) {
    if (hasCode(cause, 'payload-too-large')) throw cause
    return wordsFor(cause)
  }
}

/** Whoever sends a byte now and then holds a request open, and no more than that. */
const inTime = async <T>(work: Promise<T>): Promise<T> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(fault('request-timeout')), bodyMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

const readStream = async (request: Request, maxBytes: number): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = []
  let size = 0
  // a stream that is cancelled closes the connection on Node, before the refusal is written
  const reader = request.body?.getReader()
  while (reader !== undefined) {
    const { done, value } = await reader.read()
    if (done) break
    size += value.byteLength
    if (size > maxBytes) throw fault('payload-too-large')
    chunks.push(value)
  }
  const whole = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.byteLength
  }
  return whole
}

const parse = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(utf8.decode(bytes))
  } catch {
    // no cause: the parser quotes what it stumbled over
    throw fault('invalid-request', { errors: [{ pointer: '', message: 'must be JSON in UTF-8' }] })
  }
}

/** Deep or endless nesting is seen in the bytes: to parse it first would take half a second. */
const refuseBombs = (bytes: Uint8Array): void => {
  let depth = 0
  let values = 0
  let inText = false
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (inText) {
      if (byte === backslash) at++
      else if (byte === quote) inText = false
    } else if (byte === quote) inText = true
    else if (byte === openBrace || byte === openBracket) {
      if (++depth > maxDepth) throw oddShape(`must not be nested deeper than ${maxDepth} levels`)
      values++
    } else if (byte === closeBrace || byte === closeBracket) depth--
    else if (byte === comma) values++
  }
  if (values > maxValues) throw oddShape(`must not hold more than ${maxValues} values`)
}
const [quote, backslash, comma] = [0x22, 0x5c, 0x2c]
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d]

/** NUL, which no text of PostgreSQL holds, and keys that could become a prototype. */
const refuseOddWords = (body: unknown): void => {
  const rest: unknown[] = [body]
  for (let value = rest.pop(); value !== undefined; value = rest.pop()) {
    if (typeof value === 'string' && value.includes('\0')) throw oddShape('must not hold NUL')
    if (typeof value !== 'object' || value === null) continue
    for (const [key, member] of Object.entries(value)) {
      if (key === '__proto__' || key.includes('\0')) {
        throw oddShape('must not have members of this name')
      }
      rest.push(member)
    }
  }
}

const oddShape = (message: string) =>
  fault('invalid-request', { errors: [{ pointer: '', message }] })
