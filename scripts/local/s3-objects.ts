/** Objects of S3 as the hooks see them, and what fauxqs leaves out when one is written or read. */
import { Buffer } from 'node:buffer'
import { refuseS3 } from './cloud-errors.ts'
import type { CloudReply, CloudRequest, S3Store } from './fauxqs.ts'

export interface S3Path {
  readonly bucket: string
  readonly key: string
}
type S3Object = ReturnType<S3Store['headObject']>

/** The object that the request is about; undefined for buckets and for other services. */
export const pathOf = (request: CloudRequest): S3Path | undefined => {
  const params: Partial<Record<string, unknown>> = Object(request.params)
  const [bucket, key] = [params['bucket'], params['*']]
  return typeof bucket === 'string' && typeof key === 'string' && key !== ''
    ? { bucket, key }
    : undefined
}

export const headObject = (s3: S3Store, { bucket, key }: S3Path): S3Object | undefined => {
  try {
    return s3.headObject(bucket, key)
  } catch {
    return undefined // neither bucket nor key: the handler answers that
  }
}

/**
 * Conditional writes, which fauxqs would carry out unconditionally.
 * Nothing may be awaited between this check and the write.
 */
export const checkCondition = (
  request: CloudRequest,
  reply: CloudReply,
  s3: S3Store,
): CloudReply | undefined => {
  const path = pathOf(request)
  if (!path || !isWrite(request)) return undefined
  const { 'if-none-match': unless, 'if-match': only } = request.headers
  if (unless === undefined && only === undefined) return undefined
  if (unless !== undefined && unless !== '*') {
    return refuseS3(reply, 501, 'NotImplemented', 'If-None-Match takes only "*" on a write')
  }
  const found = headObject(s3, path)
  if (only !== undefined && !found) {
    return refuseS3(reply, 404, 'NoSuchKey', 'The specified key does not exist.')
  }
  const holds = unless === undefined ? unquoted(found?.etag) === unquoted(only) : !found
  return holds ? undefined : refuseS3(
    reply,
    412,
    'PreconditionFailed',
    'At least one of the pre-conditions you specified did not hold',
  )
}

/** An empty object arrives without a body, on which fauxqs fails. */
export const ensureBody = (request: CloudRequest): void => {
  if (pathOf(request) && request.method === 'PUT') request.body ??= Buffer.alloc(0)
}

/** What the address asks the answer to be called, such as `response-content-disposition`. */
export const showAskedHeaders = (request: CloudRequest, reply: CloudReply): void => {
  if (request.method !== 'GET' || reply.statusCode >= 300 || !pathOf(request)) return
  for (const [name, value] of new URLSearchParams(request.url.split('?')[1] ?? '')) {
    if (name.startsWith('response-')) reply.header(name.slice('response-'.length), value)
  }
}

const isWrite = (request: CloudRequest): boolean =>
  (request.method === 'PUT' && !request.url.includes('partNumber=')) ||
  (request.method === 'POST' && request.url.includes('uploadId='))

const unquoted = (tag: string | undefined): string | undefined => tag?.replaceAll('"', '')
