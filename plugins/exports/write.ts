/**
 * Writes an export: page by page out of the ledger, part by part into its file. How far it is stands in
 * the database once a part is stored; a job that is killed anywhere goes on behind the last one.
 */
import { failureKind, failureOf, type JobContext } from 'robnu/plugin'
import { z } from 'zod'
import { headOf, linesOf, mimes, putMarksRight } from './cells.ts'
import { Page } from './pages.ts'
import {
  beginning,
  endRun,
  keepProgress,
  noteFailure,
  type Progress,
  readRun,
  type Run,
  takeRun,
} from './runs.ts'
import type { Config } from './schemas.ts'
import { tables } from './tables.ts'

export const queue = 'exports-write'
export const Job = z.object({ id: z.uuid() })

/** Rows of one statement, which come as one text. */
const pageRows = 250
/** S3 takes parts of 5 MiB and more; 10,000 of these are the longest file. A page may make one longer. */
const partBytes = 5 * 1024 * 1024
/** A consumer has ten minutes; others wait behind it. */
const sliceMs = 4 * 60_000

export const writeExport = async (
  { id }: z.infer<typeof Job>,
  ctx: JobContext<Config>,
): Promise<void> => {
  const mine = { id, holder: ctx.key }
  const run = await ctx.scope((tx) => takeRun(tx, id, ctx.key))
  if (!run) return
  try {
    await writeOn(run, ctx)
  } catch (error) {
    // another job of it goes on, or it was cancelled
    if (failureOf(error)?.code === 'writer-over') return
    if (ctx.signal.aborted || failureKind(error) === 'unavailable') throw error
    if (!await ctx.scope((tx) => noteFailure(tx, mine)).catch(() => false)) throw error
    ctx.log('failed', { id })
    await ctx.files.remove(id)
  }
}

const writeOn = async (run: Run, ctx: JobContext<Config>): Promise<void> => {
  const { id, format } = run
  const mine = { id, holder: ctx.key }
  const { keepDays } = ctx.config
  const until = ctx.now().getTime() + sliceMs
  const { writer, parts } = await ctx.files.write({ id, mime: mimes[format], keepDays })
  // what is told of a file that had to be given up holds no more
  let at: Progress = parts < run.parts ? beginning : run
  const next = partsOf(run, at, ctx)
  while (!at.isRead) {
    ctx.signal.throwIfAborted()
    const part = await next()
    if (part.bytes.length > 0) await ctx.files.append(writer, at.parts + 1, part.bytes)
    at = part.progress
    const isLate = !at.isRead && ctx.now().getTime() >= until
    const isKept = await ctx.scope(async (tx) => {
      const kept = await keepProgress(tx, mine, at)
      if (kept && isLate) await tx.send(queue, { id })
      return kept
    })
    if (!isKept) return await letGo(id, ctx)
    if (isLate) return
  }
  const { byteSize, sha256 } = await ctx.files.finish(writer)
  const done = { byteSize, sha256, keepDays }
  if (!await ctx.scope((tx) => endRun(tx, mine, done))) await letGo(id, ctx)
}

/** Of what was cancelled; another job's file is left alone. */
const letGo = async (id: string, ctx: JobContext): Promise<void> => {
  const { state } = await ctx.scope((tx) => readRun(tx, id))
  if (state === 'CANCELLED') await ctx.files.remove(id)
}

interface Part {
  /** Until the next one is asked for. */
  readonly bytes: Uint8Array
  readonly progress: Progress
}

/** The parts of the file behind a place, one after the other, all in the same memory. */
const partsOf = (run: Run, from: Progress, ctx: JobContext<Config>): () => Promise<Part> => {
  const { what, format, excel } = run
  const table = tables[what]
  const buffer = createBuffer(partBytes + partBytes / 8)
  let at = from
  return async () => {
    buffer.clear()
    let { position, rows, isRead } = at
    if (at.parts === 0) buffer.add(headOf(format, table.columns, excel))
    while (buffer.size() < partBytes && !isRead) {
      ctx.signal.throwIfAborted()
      const page = await readPage(run, position ?? table.start, ctx)
      buffer.add(linesOf(format, page.lines ?? ''))
      rows += page.rows
      position = page.position ?? position
      isRead = page.read < pageRows
    }
    const bytes = buffer.bytes()
    at = {
      ...{ position, rows, isRead },
      parts: at.parts + (bytes.length > 0 ? 1 : 0),
      bytes: at.bytes + bytes.length,
    }
    return { bytes, progress: at }
  }
}

const readPage = (
  { what, format, before, filters }: Run,
  position: readonly string[],
  ctx: JobContext<Config>,
): Promise<Page> =>
  ctx.scope(async (tx) => {
    const { sellerId } = tx
    const asked = { format, sellerId, before, filters, limit: pageRows, position }
    const { text, values } = tables[what].page(asked)
    const [page] = await tx.any(Page, text, values)
    if (!page) throw new Error('unreachable: it is one row')
    return page
  })

/** UTF-8 in one piece of memory, which is used again; it grows for lines that are very long. */
const createBuffer = (usualBytes: number) => {
  const encoder = new TextEncoder()
  let whole = new Uint8Array(usualBytes)
  let size = 0
  return {
    add: (text: string): void => {
      // a character takes 3 bytes at most
      const needed = size + text.length * 3
      if (needed > whole.length) {
        const larger = new Uint8Array(needed)
        larger.set(whole.subarray(0, size))
        whole = larger
      }
      const { written } = encoder.encodeInto(text, whole.subarray(size))
      putMarksRight(whole.subarray(size, size + written))
      size += written
    },
    size: () => size,
    bytes: () => whole.subarray(0, size),
    clear: () => {
      size = 0
    },
  }
}
