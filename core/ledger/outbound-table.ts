/** Files of rows that a marketplace gives to a sync: into storage first, then read as imports are. */
import type { Entry } from '../db/database.ts'
import { hasCode } from '../errors.ts'
import { type Context, failure, type HttpInit } from '../plugin.ts'
import { maxFileBytes } from '../reports/limits.ts'
import { readTable, refuseOtherDigest } from '../reports/read-table.ts'
import type { Source } from '../reports/source.ts'
import type { Files } from '../storage/files.ts'
import type { StoredObject } from '../storage/rows.ts'
import { ask, type OutboundOptions } from './outbound.ts'
import { whole } from './outbound-download.ts'

export interface TableOptions extends OutboundOptions {
  readonly files: Pick<Files, 'put' | 'get' | 'getRange'>
  readonly entry: Entry
  /** Where the file lies meanwhile. Nothing refers to it: the sweep of the storage removes it. */
  readonly folder: string
}

/** A report of a year comes at the pace of the marketplace. */
const timeoutMs = 5 * 60_000

export const createTable = (options: TableOptions): Context['table'] => {
  const { files, entry, folder, signal } = options
  const keep = async (response: Response, limit: AbortSignal): Promise<StoredObject | null> => {
    const { headers, body } = response
    const isPacked = headers.has('content-encoding')
    const told = isPacked ? NaN : Number(headers.get('content-length') ?? NaN)
    // it says itself that there is nothing in it
    if (body === null || told === 0) return null
    return await files.put(entry, {
      ...{ folder, mime: 'application/octet-stream', maxBytes: maxFileBytes, signal: limit },
      body: whole(body, told),
    }).catch((error: unknown) => {
      if (!hasCode(error, 'payload-too-large')) throw error
      throw failure('bad-response', `The marketplace gave a file of more than ${mostMiB} MiB`)
    })
  }
  return async (address, table, init: HttpInit = {}) => {
    const way = { ...options, timeoutMs }
    const stored = await ask(way, address, { ...init, accept: '*/*' }, keep)
    if (stored) refuseOtherDigest(table, stored.sha256)
    return stored && await readTable(sourceOf(files, stored, signal), table)
  }
}
const mostMiB = maxFileBytes / 2 ** 20

const sourceOf = (
  files: TableOptions['files'],
  object: StoredObject,
  signal: AbortSignal,
): Source => ({
  byteSize: object.byteSize,
  read: (range) => range ? files.getRange(object, range, signal) : files.get(object, signal),
})
