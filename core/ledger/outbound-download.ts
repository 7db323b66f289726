/** Documents on their way from a marketplace into storage: streamed, never held whole. */
import type { Entry } from '../db/database.ts'
import { hasCode } from '../errors.ts'
import { type Context, failure, type HttpInit } from '../plugin.ts'
import { inlineDocument } from '../plugin/inline.ts'
import type { Files } from '../storage/files.ts'
import { ask, type OutboundOptions } from './outbound.ts'

export interface DownloadOptions extends OutboundOptions {
  readonly files: Pick<Files, 'put'>
  readonly entry: Entry
  /** Where the next document belongs in the bucket: a folder of `storage/keys.ts`. */
  readonly folder: () => string
}

/** No paper of a parcel comes near this. */
const maxBytes = 32 * 1024 * 1024
const accepted: readonly string[] = [
  'application/pdf',
  'application/zip',
  'image/png',
  'image/jpeg',
  'text/plain',
  'text/csv',
]

export const createDownload = (options: DownloadOptions): Context['download'] => {
  const { files, entry, folder } = options
  return async (address: string, init: HttpInit = {}) => {
    const inline = inlineDocument(address)
    if (inline) {
      const { mime, bytes } = inline
      const body = (async function* () {
        yield bytes
      })()
      const file = { folder: folder(), mime, maxBytes, signal: options.signal, body }
      const { sha256, byteSize, storageKey } = await files.put(entry, file)
      return { sha256, byteSize, mime, storageKey }
    }
    return await ask(
      options,
      address,
      { ...init, accept: accepted.join(', ') },
      async (response, signal) => {
        const mime = (response.headers.get('content-type') ?? '').split(';')[0]?.trim()
          .toLowerCase()
        if (mime === undefined || !accepted.includes(mime) || response.body === null) {
          await response.body?.cancel()
          throw failure('bad-response', 'The marketplace did not answer with a document')
        }
        const told = Number(response.headers.get('content-length') ?? NaN)
        const { sha256, byteSize, storageKey } = await files.put(entry, {
          ...{ folder: folder(), mime, maxBytes, signal },
          body: whole(response.body, response.headers.has('content-encoding') ? NaN : told),
        }).catch((error: unknown) => {
          if (!hasCode(error, 'payload-too-large')) throw error
          throw failure('bad-response', 'The marketplace gave a document of more than 32 MiB')
        })
        return { sha256, byteSize, mime, storageKey }
      },
    )
  }
}

/** Some connections end early without an error: what was announced must have come. */
export const whole = async function* (
  body: ReadableStream<Uint8Array>,
  told: number,
): AsyncIterable<Uint8Array> {
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    yield chunk
  }
  if (size === 0 || (Number.isFinite(told) && size !== told)) {
    throw failure('unavailable', 'The document of the marketplace came in part')
  }
}
