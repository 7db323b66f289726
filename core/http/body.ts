/** Reads a JSON body, and refuses what is too large, too deep or not what it says it is. */
import { fault, hasCode } from '../errors.ts'

export const bodyLimit = 1024 * 1024
export const authBodyLimit = 64 * 1024

const jsonType = /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?;?$/i
const maxDepth = 32 // schemas may recurse where JSON.parse does not
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The parsed body; undefined when there is none. Throws faults 400, 413 and 415. */
export const readJson = async (request: Request, maxBytes: number): Promise<unknown> => {
  const type = request.headers.get('content-type')
  if (type !== null && !jsonType.test(type)) throw fault('unsupported-media-type')
  // nothing is unpacked here, so that a small body cannot become a large one
  if (request.headers.get('content-encoding') !== null) throw fault('unsupported-media-type')
  const bytes = await readBytes(request, maxBytes)
  if (bytes.byteLength === 0) return undefined
  if (type === null) throw fault('unsupported-media-type')
  const value = parse(bytes)
  refuseOddShapes(value)
  return value
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
    // the client went away in the middle
    throw fault('invalid-request', { errors: [{ pointer: '', message: 'is not whole' }], cause })
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

/** Deep nesting, NUL (no text of PostgreSQL holds it) and keys that could become a prototype. */
const refuseOddShapes = (body: unknown): void => {
  const rest: { readonly value: unknown; readonly depth: number }[] = [{ value: body, depth: 0 }]
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const { value, depth } = next
    if (typeof value === 'string' && value.includes('\0')) throw oddShape('must not hold NUL')
    if (typeof value !== 'object' || value === null) continue
    if (depth >= maxDepth) throw oddShape(`must not be nested deeper than ${maxDepth} levels`)
    for (const [key, member] of Object.entries(value)) {
      if (key === '__proto__' || key.includes('\0')) {
        throw oddShape('must not have members of this name')
      }
      rest.push({ value: member, depth: depth + 1 })
    }
  }
}

const oddShape = (message: string) =>
  fault('invalid-request', { errors: [{ pointer: '', message }] })
