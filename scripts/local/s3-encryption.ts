/**
 * Server-side encryption as S3 shows it. Bodies are not encrypted here; but the key must exist and be enabled,
 * for writing as for reading, and the answers tell which one it is.
 */
import { z } from 'zod'
import { refuseS3 } from './cloud-errors.ts'
import type { CloudReply, CloudRequest, S3Store } from './fauxqs.ts'
import { isKmsError, kmsError } from './kms-errors.ts'
import type { Kms } from './kms.ts'
import { headObject, pathOf, type S3Path } from './s3-objects.ts'

const names = {
  method: 'x-amz-server-side-encryption',
  keyId: 'x-amz-server-side-encryption-aws-kms-key-id',
  bucketKey: 'x-amz-server-side-encryption-bucket-key-enabled',
}
const methods = ['AES256', 'aws:kms', 'aws:kms:dsse']
// kept as metadata of the object, so that it is stored, replaced and removed together with it
const header = 'x-amz-meta-robnu-encryption'

const Described = z.object({ KeyMetadata: z.object({ Arn: z.string(), KeyState: z.string() }) })

interface Note {
  readonly method: string
  readonly arn: string
  readonly bucketKey: boolean
}

/** Refuses an unusable key, or notes on a write what was asked; undefined: go on. */
export const checkEncryption = (
  request: CloudRequest,
  reply: CloudReply,
  s3: S3Store,
  kms: Kms,
): CloudReply | undefined => {
  const path = pathOf(request)
  if (!path) return undefined
  try {
    if (request.method === 'GET') assertUsable(kms, storedNote(s3, path)?.arn)
    if (request.method === 'PUT' || request.method === 'POST') {
      // set in any case: a caller's own header of this name must not pass
      request.headers = { ...request.headers, [header]: askedFor(request, kms) }
    }
    return undefined
  } catch (error) {
    if (!isKmsError(error)) throw error
    const code = error.type === 'InvalidArgument' ? error.type : `KMS.${error.type}`
    return refuseS3(reply, 400, code, error.message)
  }
}

/** Puts what is noted into the headers of an answer. */
export const showEncryption = (request: CloudRequest, reply: CloudReply, s3: S3Store): void => {
  const path = pathOf(request)
  if (!path) return
  const shown = reply.getHeader(header) // of GET and HEAD
  reply.removeHeader(header)
  if (reply.statusCode >= 300) return
  const written = request.url.includes('uploadId=') ? undefined : request.headers[header]
  const note = typeof shown === 'string'
    ? parseNote(shown)
    : parseNote(written) ?? (request.method === 'POST' ? storedNote(s3, path) : undefined)
  if (!note) return
  reply.header(names.method, note.method)
  if (note.arn !== '') reply.header(names.keyId, note.arn)
  if (note.bucketKey) reply.header(names.bucketKey, 'true')
}

/** The text of the note; empty when nothing was asked, and then fauxqs keeps nothing. */
const askedFor = (request: CloudRequest, kms: Kms): string => {
  const [method, keyId] = [named(request, names.method), named(request, names.keyId)]
  if (method === undefined && keyId === undefined) return ''
  if (!methods.includes(method ?? '') || (keyId !== undefined && method === 'AES256')) {
    throw kmsError('InvalidArgument', `The encryption method "${method}" is not supported`)
  }
  const arn = keyId === undefined ? '' : assertUsable(kms, keyId)
  return [method, arn, named(request, names.bucketKey) === 'true'].join(';')
}

/** The key's ARN: S3 resolves an alias when it writes, and a later change of the alias changes no object. */
const assertUsable = (kms: Kms, keyId = ''): string => {
  if (keyId === '') return ''
  const { KeyMetadata } = Described.parse(kms.call('DescribeKey', { KeyId: keyId }))
  if (KeyMetadata.KeyState === 'Enabled') return KeyMetadata.Arn
  const type = KeyMetadata.KeyState === 'Disabled'
    ? 'DisabledException'
    : 'KMSInvalidStateException'
  throw kmsError(type, `${KeyMetadata.Arn} is ${KeyMetadata.KeyState}`)
}

/** As a header, or in the query where a presigned address carries it. */
const named = (request: CloudRequest, name: string): string | undefined => {
  const value = request.headers[name]
  if (typeof value === 'string') return value
  const query = new URLSearchParams(request.url.split('?')[1] ?? '')
  return [...query].find(([key]) => key.toLowerCase() === name)?.[1]
}

const storedNote = (s3: S3Store, { bucket, key }: S3Path): Note | undefined =>
  parseNote(headObject(s3, { bucket, key })?.metadata[header.slice('x-amz-meta-'.length)])

const parseNote = (text: unknown): Note | undefined => {
  if (typeof text !== 'string' || text === '') return undefined
  const [method = '', arn = '', bucketKey = ''] = text.split(';')
  return { method, arn, bucketKey: bucketKey === 'true' }
}
