/** Documents that came inside of an answer, handed on as `data:` URLs. */
import { failure } from './failure.ts'

export interface InlineDocument {
  readonly mime: string
  readonly bytes: Uint8Array
}

/** Undefined for every other URL; throws `bad-response` for one that holds no document. */
export const inlineDocument = (url: string): InlineDocument | undefined => {
  if (!url.startsWith('data:')) return undefined
  const found = /^data:(application\/pdf|image\/png|image\/jpeg|text\/plain);base64,/.exec(url)
  const bytes = found ? bytesOf(url.slice(found[0].length)) : undefined
  const [, mime] = found ?? []
  if (mime === undefined || !bytes || bytes.byteLength === 0) {
    throw failure('bad-response', 'The marketplace did not answer with a document')
  }
  return { mime, bytes }
}

const bytesOf = (base64: string): Uint8Array | undefined => {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  } catch {
    return undefined
  }
}
