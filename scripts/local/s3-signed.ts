/**
 * What S3 compares before it takes a body: the signature of a presigned address, with every header that
 * was signed, and the digest that a body was announced with.
 */
import { createHash, createHmac } from 'node:crypto'
import { Buffer } from 'node:buffer'
import { crc32 } from 'node:zlib'
import { refuseS3 } from './cloud-errors.ts'
import type { CloudReply, CloudRequest } from './fauxqs.ts'
import { pathOf } from './s3-objects.ts'

/** The credentials that the launcher hands out; of others nobody here knows the secret. */
const secrets: Readonly<Record<string, string>> = { local: 'local' }

/** Refuses a presigned request that is not the one that was signed; undefined: go on. */
export const checkSignature = (
  request: CloudRequest,
  reply: CloudReply,
): CloudReply | undefined => {
  const [path = '/', search = ''] = request.url.split('?', 2)
  const query = new URLSearchParams(search)
  const told = query.get('X-Amz-Signature')
  const [id = '', ...scope] = (query.get('X-Amz-Credential') ?? '').split('/')
  const secret = secrets[id]
  if (told === null || secret === undefined) return undefined
  const names = (query.get('X-Amz-SignedHeaders') ?? '').split(';')
  const canonical = [
    request.method,
    path,
    search.split('&').filter((one) => !one.startsWith('X-Amz-Signature=')).toSorted().join('&'),
    ...names.map((name) => `${name}:${String(request.headers[name] ?? '').trim()}`),
    '',
    names.join(';'),
    'UNSIGNED-PAYLOAD',
  ].join('\n')
  const text = [
    'AWS4-HMAC-SHA256',
    query.get('X-Amz-Date') ?? '',
    scope.join('/'),
    createHash('sha256').update(canonical).digest('hex'),
  ].join('\n')
  const key = scope.reduce<string | Uint8Array>(
    (found, part) => createHmac('sha256', found).update(part).digest(),
    `AWS4${secret}`,
  )
  const signature = createHmac('sha256', key).update(text).digest('hex')
  return signature === told ? undefined : refuseS3(
    reply,
    403,
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided',
  )
}

const digests: Readonly<Record<string, (body: Uint8Array) => string>> = {
  'x-amz-checksum-crc32': (body) => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(crc32(body))
    return bytes.toString('base64')
  },
  'x-amz-checksum-sha1': (body) => createHash('sha1').update(body).digest('base64'),
  'x-amz-checksum-sha256': (body) => createHash('sha256').update(body).digest('base64'),
}

/** Refuses a body that has not the digest or the length it was announced with, which fauxqs only notes. */
export const checkDigest = (request: CloudRequest, reply: CloudReply): CloudReply | undefined => {
  if (request.method !== 'PUT' || !pathOf(request)) return undefined
  const { headers, body } = request
  if (!Buffer.isBuffer(body)) return undefined
  const { bytes, trailers } = headers['content-encoding']?.includes('aws-chunked')
    ? unchunked(body)
    : { bytes: body, trailers: {} }
  const length = headers['x-amz-decoded-content-length']
  if (bytes === undefined || (length !== undefined && Number(length) !== bytes.length)) {
    return refuseS3(reply, 400, 'IncompleteBody', 'The body is shorter than it was announced')
  }
  const told = { ...headers, ...trailers }
  const wrong = Object.entries(digests).find(([name, digest]) =>
    told[name] !== undefined && told[name] !== digest(bytes)
  )
  return wrong && refuseS3(
    reply,
    400,
    'BadDigest',
    `The ${wrong[0].slice('x-amz-checksum-'.length)} you specified did not match what we received`,
  )
}

/** A body in chunks with what stands behind them; without its last chunk it came in part. */
const unchunked = (
  body: Uint8Array,
): { readonly bytes: Uint8Array | undefined; readonly trailers: Record<string, string> } => {
  const whole = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const chunks: Uint8Array[] = []
  const trailers: Record<string, string> = {}
  for (let at = 0; at < whole.length;) {
    const end = whole.indexOf('\r\n', at)
    const size = parseInt(whole.toString('latin1', at, end), 16)
    if (end < 0 || Number.isNaN(size)) break
    if (size === 0) {
      for (const line of whole.toString('latin1', end + 2).split('\r\n')) {
        const [name = '', value = ''] = line.split(/:(.*)/s)
        if (name !== '') trailers[name.trim().toLowerCase()] = value.trim()
      }
      return { bytes: Buffer.concat(chunks), trailers }
    }
    chunks.push(whole.subarray(end + 2, end + 2 + size))
    at = end + 2 + size + 2
  }
  return { bytes: undefined, trailers }
}
