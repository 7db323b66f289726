/**
 * The archive of what marketplaces answer: lines are gathered while a slice of a sync runs, and stored as
 * parts of an hour, off the way of its pages. A sync never fails by it: what cannot be kept is counted.
 */
import { setImmediate } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { ArchiveKeys, MonthKey } from '../../crypto/archive-keys.ts'
import { toBase64 } from '../../crypto/text.ts'
import type { Database, Entry } from '../../db/database.ts'
import { newId } from '../../ids.ts'
import type { Log } from '../../log.ts'
import type { Marketplace } from '../../plugin.ts'
import type { Files } from '../../storage/files.ts'
import { placeOf, rawPartKey } from '../../storage/keys.ts'
import type { Heard } from '../outbound.ts'
import { traceOf } from '../trace.ts'
import { insertPart } from './payload-rows.ts'
import { type Paths, pathsOf, redact, sealedKey } from './redact.ts'

export interface ArchiveDeps {
  readonly db: Database
  readonly files: Pick<Files, 'put'>
  readonly archiveKeys: Pick<ArchiveKeys, 'forMonth'>
  readonly log: Log
  /** Milliseconds of our own clock: the marketplace's may stand anywhere. */
  readonly now: () => number
  /** How long the end of a slice waits for the storage; shorter in tests. */
  readonly endMs?: number
}
/** One slice of a sync. */
interface RawSlice {
  readonly entry: Entry
  readonly accountId: string
  readonly runId: string
}
export interface SliceArchive {
  /** Takes an answer, and no time: it is written down later. */
  readonly hear: (heard: Heard) => void
  /**
   * Resolves when all of it is stored, or counted as lost; before the work item ends, and some seconds
   * later where the storage hangs. Never rejects.
   */
  readonly end: () => Promise<void>
}
export interface RawArchive {
  readonly open: (
    slice: RawSlice,
    marketplace: Pick<Marketplace, 'code' | 'pii'>,
  ) => SliceArchive
}
interface Line extends Heard {
  readonly at: Date
}
interface Lost {
  lines: number
}

/** Characters of answers that make a part: some 200 KiB when it is packed. */
const partChars = 4 * 1024 * 1024
/** What waits for a storage that is slow; more is not held in memory. */
const mostChars = 16 * 1024 * 1024
/** Characters that are written down in one turn of the event loop: about a millisecond. */
const turnChars = 64 * 1024
/** A storage that takes connections and answers none would hold up the next slice for minutes. */
const usualEndMs = 10_000
/** The storage's client tries three times by itself. */
const attempts = 2
/** Fast: the threads that pack are also those that read files and look up names. */
const packing = { level: 4 }
const pack = promisify(gzip)

export const createRawArchive = (deps: ArchiveDeps): RawArchive => ({
  open: (slice, { code, pii }) => {
    const { sellerId } = slice.entry
    const log = deps.log.with({ seller: sellerId, account: slice.accountId, run: slice.runId })
    const paths = pathsOf(pii)
    const lost: Lost = { lines: 0 }
    let lines: Line[] = []
    let chars = 0
    let waiting = 0
    let storing: Promise<void> = Promise.resolve()
    const late = new AbortController()

    const flush = (): void => {
      const [part, size] = [lines, chars]
      if (part.length === 0) return
      lines = []
      chars = 0
      waiting += size
      storing = storing.then(async () => {
        await storePart(deps, slice, { code, paths }, part, late.signal).catch((error: unknown) => {
          lost.lines += part.length
          log.warn('archive.not-stored', { lines: part.length, ...traceOf(error) })
        })
        waiting -= size
      })
    }
    return {
      hear: (heard) => {
        if (waiting + chars + heard.text.length > mostChars) {
          lost.lines += 1
          return
        }
        const at = new Date(deps.now())
        // a part lies in one hour
        if (lines[0] && hourOf(lines[0].at).getTime() !== hourOf(at).getTime()) flush()
        lines.push({ ...heard, at })
        chars += heard.text.length
        if (chars >= partChars) flush()
      },
      end: async () => {
        flush()
        const timer = setTimeout(
          () => late.abort(new Error('The storage does not answer in time')),
          deps.endMs ?? usualEndMs,
        )
        await storing
        clearTimeout(timer)
        if (lost.lines > 0) log.error('archive.lost', { lines: lost.lines })
        lost.lines = 0
      },
    }
  },
})

const storePart = async (
  { db, files, archiveKeys }: ArchiveDeps,
  slice: RawSlice,
  { code, paths }: { readonly code: string; readonly paths: Paths },
  lines: readonly Line[],
  signal: AbortSignal,
): Promise<void> => {
  signal.throwIfAborted()
  const { entry } = slice
  const hour = hourOf(lines[0]?.at ?? new Date(NaN))
  const key = await archiveKeys.forMonth(entry, monthOf(hour))
  const texts: string[] = []
  let turn = 0
  for (const line of lines) {
    texts.push(lineText(key, slice, paths, line))
    turn += line.text.length
    if (turn < turnChars) continue
    turn = 0
    await setImmediate()
  }
  const packed = new Uint8Array(await pack(texts.join(''), packing))
  const id = newId()
  const at = { sellerId: entry.sellerId, marketplaceCode: code, hour }
  const put = () =>
    files.put(entry, {
      ...placeOf(rawPartKey(at, id)),
      ...{ mime: 'application/gzip', maxBytes: packed.length, body: one(packed), signal },
    })
  const object = await again(put, signal)
  await db.withSellerScope(
    entry,
    (scope) => insertPart(scope, { ...at, id, objectId: object.id, lines: lines.length }),
  )
}

const again = async <T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> => {
  for (let attempt = 1;; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (attempt >= attempts || signal.aborted) throw error
    }
  }
}

/** With its end. What stands in `body` is JSON; of refusals nobody declares the form, so all is sealed. */
const lineText = (
  key: MonthKey,
  { accountId, runId }: RawSlice,
  paths: Paths,
  { at, text, ...heard }: Line,
): string => {
  const id = newId(() => at.getTime())
  const { operation = null, method, path, status, isRefusal } = heard
  const body = key.sealing(id, (keys) => {
    const seal = (column: string, json: string): string =>
      toBase64(keys.seal(rawTable, column, id, json))
    const whole = () => `{"${sealedKey}":"${seal(wholeBody, text)}"}`
    if (isRefusal) return whole()
    try {
      return redact(text, paths, seal)
    } catch {
      return whole()
    }
  })
  const head = { id, at, account: accountId, run: runId, operation, method, path, status }
  return `${JSON.stringify(head).slice(0, -1)},"body":${body}}\n`
}

/** Where sealed values of the archive belong, for who opens them. */
export const rawTable = 'raw_payloads'
/** The path of a body that is sealed whole. */
export const wholeBody = '$'

/** The beginning of the hour, in UTC. */
const hourOf = (at: Date): Date => new Date(at.getTime() - at.getTime() % hourMs)
const hourMs = 3_600_000

/** 202601: the version of the key that lines of January 2026 are sealed under. */
export const monthOf = (at: Date): number => at.getUTCFullYear() * 100 + at.getUTCMonth() + 1

const one = async function* (bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield await bytes
}
