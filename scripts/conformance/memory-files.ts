/** Files of sellers in memory, for houses without a storage of their own. */
import { hash } from 'node:crypto'
import { fault } from '#core/errors.ts'
import { newId } from '#core/ids.ts'
import type { Files } from '#core/storage/files.ts'

/** What is put there is there as long as the house is. */
export const memoryFiles = (): Pick<Files, 'put' | 'get' | 'getRange'> => {
  const stored = new Map<string, Uint8Array>()
  const bytesOf = (id: string): Uint8Array => {
    const found = stored.get(id)
    if (!found) throw fault('storage-unavailable')
    return found
  }
  return {
    put: async (_entry, { folder, mime, body, maxBytes }) => {
      const chunks: Uint8Array[] = []
      let byteSize = 0
      for await (const chunk of body) {
        byteSize += chunk.length
        if (byteSize > maxBytes) throw fault('payload-too-large')
        chunks.push(chunk)
      }
      const id = newId()
      stored.set(id, new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer()))
      const where = { id, bucket: 'memory', storageKey: `${folder}/${id}` }
      const sha256 = hash('sha256', stored.get(id) ?? '')
      return { ...where, mime, byteSize, sha256, kmsKeyAlias: null, versionId: null }
    },
    get: async function* ({ id }) {
      yield bytesOf(id)
    },
    getRange: async function* ({ id }, { from, to }) {
      yield bytesOf(id).subarray(from, to)
    },
  }
}
