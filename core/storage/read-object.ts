/** Objects of S3 as streams, and what S3's refusals are to whoever asked. */
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { sha256Stream } from '../crypto/digest.ts'
import { fault } from '../errors.ts'
import type { StoredObject } from './rows.ts'

export const soon = { retryAfterSeconds: 5 }
export const unavailable = (cause: unknown): Error =>
  fault('storage-unavailable', { ...soon, cause })

/** What S3 throws may quote the request; what the source of the body throws is its own. */
export const told = async <T>(
  work: () => Promise<T>,
  source?: { readonly failed: () => { readonly error: unknown } | undefined },
  signal?: AbortSignal,
): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    const failed = source?.failed()
    if (failed) throw failed.error
    signal?.throwIfAborted()
    throw unavailable(error)
  }
}

const fetchBody = async (
  client: S3Client,
  { bucket, storageKey, versionId }: StoredObject,
  range: string | undefined,
  signal: AbortSignal | undefined,
): Promise<AsyncIterable<Uint8Array>> => {
  const found = await told(
    () =>
      client.send(
        new GetObjectCommand({
          Bucket: bucket,
          Key: storageKey,
          ...(range === undefined ? {} : { Range: range }),
          ...(versionId === null ? {} : { VersionId: versionId }),
        }),
        signal ? { abortSignal: signal } : {},
      ),
    undefined,
    signal,
  )
  return (found.Body ?? []) as AsyncIterable<Uint8Array>
}

interface Heard {
  readonly on: (event: 'data', listener: (bytes: unknown) => void) => unknown
  readonly off: (event: 'data', listener: (bytes: unknown) => void) => unknown
}

/**
 * The same chunks for who only looks at them: each is gone when the next one is asked for. An engine comes
 * for what lies outside of its heap when there are some 64 MiB of it; here it is given back at once.
 */
export const freed = async function* (
  body: AsyncIterable<Uint8Array> & { readonly socket?: Heard | null },
): AsyncIterable<Uint8Array> {
  // Node reads each packet into memory of its own, and has copied from it before we hear of it; where that
  // ends, every object that is read back is another than was sent, in the tests first
  const { socket } = body
  socket?.on('data', free)
  try {
    for await (const chunk of body) {
      yield chunk
      free(chunk)
    }
  } finally {
    socket?.off('data', free)
  }
}
const free = (bytes: unknown): void => {
  if (!(bytes instanceof Uint8Array) || !(bytes.buffer instanceof ArrayBuffer)) return
  // not a piece of memory that others have a share of
  if (bytes.length === bytes.buffer.byteLength) bytes.buffer.transfer(0)
}

/** Fewer bytes than asked for are an error. */
export const readRange = async function* (
  client: S3Client,
  object: StoredObject,
  { from, to }: { readonly from: number; readonly to: number },
  signal?: AbortSignal,
): AsyncIterable<Uint8Array> {
  const end = Math.min(to, object.byteSize)
  if (from >= end) return
  const chunks = await fetchBody(client, object, `bytes=${from}-${end - 1}`, signal)
  let size = 0
  try {
    for await (const chunk of chunks) {
      size += chunk.length
      yield chunk
    }
  } catch (error) {
    signal?.throwIfAborted()
    throw unavailable(error)
  }
  if (size !== end - from) {
    throw unavailable(new Error(`The object "${object.storageKey}" is not what was stored`))
  }
}

/** Throws at the end when the bytes are not the ones that were stored. */
export const readChecked = async function* (
  client: S3Client,
  object: StoredObject,
  signal?: AbortSignal,
): AsyncIterable<Uint8Array> {
  const { storageKey, byteSize, sha256 } = object
  const chunks = await fetchBody(client, object, undefined, signal)
  const hash = sha256Stream()
  let size = 0
  try {
    for await (const chunk of chunks) {
      hash.update(chunk)
      size += chunk.length
      yield chunk
    }
  } catch (error) {
    signal?.throwIfAborted()
    throw unavailable(error)
  }
  if (size !== byteSize || hash.end() !== sha256) {
    throw unavailable(new Error(`The object "${storageKey}" is not what was stored`))
  }
}
