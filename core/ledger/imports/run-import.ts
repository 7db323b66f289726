/** The work of an import: its file is read, told line by line, and stored page by page. */
import type { Keyring } from '../../crypto/keyring.ts'
import type { Database } from '../../db/database.ts'
import { hasCode } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { failure, failureKind, failureOf, type ReportImport } from '../../plugin.ts'
import type { LeasedWork } from '../../queues/work.ts'
import { recognise, type Section } from '../../reports/headings.ts'
import { refuse, type Source } from '../../reports/source.ts'
import { type Table, tablesOf } from '../../reports/tables.ts'
import type { Files } from '../../storage/files.ts'
import type { StoredObject } from '../../storage/rows.ts'
import type { Registry } from '../registry.ts'
import { endOfError, type SliceEnd } from '../run-finish.ts'
import { sealsOfPage } from '../store-page.ts'
import { traceOf } from '../trace.ts'
import type { Upstream } from '../upstream.ts'
import { finishImport } from './finish-import.ts'
import { type LoadedImport, loadImport, type SectionView } from './load-import.ts'
import {
  cancelledCode,
  type ImportCounts,
  type ImportPlace,
  judgePage,
  storeResults,
} from './store-results.ts'
import { type ReportAccount, tell, type Told } from './tell.ts'

export interface ImportDeps {
  readonly db: Database
  readonly keyring: Keyring
  readonly registry: Registry
  readonly files: Pick<Files, 'get' | 'getRange'>
  readonly upstreamOf: (pluginId: string) => Upstream
  readonly log: Log
  readonly now: () => number
  /** Of a sync; one of an import is longer, because each begins at the head of the file. */
  readonly sliceMs: number
}
interface Signals {
  readonly signal: AbortSignal
  readonly draining: AbortSignal
}

/** How much longer: what a slice reads again is little against what it stores. */
const slices = 6
/** A page is stored when it has so many results, or so many lines. */
const pageResults = 500
const pageLines = 2_000

/** Runs one slice of a leased work item. Resolves when the import is finished or put back. */
export const importFile = async (
  deps: ImportDeps,
  work: LeasedWork,
  signals: Signals,
): Promise<void> => {
  const { sellerId } = work.entry
  const log = deps.log.with({ seller: sellerId, account: work.accountId, run: work.runId })
  const slice = { progress: false }
  let end: SliceEnd
  try {
    end = await runSlice(deps, work, signals, slice)
  } catch (error) {
    if (signals.signal.aborted || hasCode(error, 'lease-lost')) throw error
    const kind = failureKind(error)
    log[kind || signals.draining.aborted ? 'warn' : 'error']('import.interrupted', {
      kind,
      ...traceOf(error),
    })
    end = endOf(error, deps, work, slice.progress)
  }
  await finishImport(deps.db, work, end)
  log.info('import.slice', { ...end })
}

/** The next attempt would find the same file, and the same reader of it. */
const endOf = (
  error: unknown,
  { upstreamOf }: ImportDeps,
  { attempts }: LeasedWork,
  progress: boolean,
): SliceEnd => {
  const failed = failureOf(error)
  if (failed?.code === drainCode) return { end: 'again', delayMs: 0, progress }
  if (failed?.kind === 'rejected' || failed?.kind === 'bad-response') {
    const kind = failed.code === cancelledCode ? cancelledCode : failed.kind
    return { end: 'failed', kind, message: failed.message }
  }
  const told = hasCode(error, 'storage-unavailable')
    ? failure('unavailable', 'The storage of files does not answer', { cause: error })
    : error
  return endOfError(told, { attempts, progress, upstream: upstreamOf('') })
}

const runSlice = async (
  deps: ImportDeps,
  work: LeasedWork,
  signals: Signals,
  slice: { progress: boolean },
): Promise<SliceEnd> => {
  const until = deps.now() + slices * deps.sliceMs
  const { accountId, runId } = work
  const loaded = await deps.db.withSellerScope(work.entry, (scope) => loadImport(scope, work))
  if (loaded.isCancelled) throw failure('rejected', wordsOfCancel, { code: cancelledCode })
  const marketplace = deps.registry.find(loaded.marketplaceCode)
  if (!marketplace?.imports) throw refuse(`No enabled plugin reads ${loaded.marketplaceCode} files`)
  const { position } = loaded
  if (position && position.version !== marketplace.version) {
    throw refuse('The reader of this report was renewed in between: upload the file again')
  }
  const tables = await tablesOf(sourceOf(deps.files, loaded.object, signals))
  const sections = await recognise(tables, marketplace.imports)
  const report = sections[0]?.report
  if (!report) throw new Error('unreachable: a section was recognised')
  const days = marketplace.claimWindowDays
  const place = {
    ...{ importId: loaded.id, accountId, runId, report },
    ...(days === undefined ? {} : { claimWindowDays: days }),
  }
  const state = { counts: { counts: loaded.counts, lines: loaded.lines }, slice }
  let pending: Promise<unknown> = Promise.resolve()
  try {
    for await (const page of pagesOf(partsOf(tables, sections), loaded, marketplace.version)) {
      // one page is stored while the next one is read
      await pending
      signals.signal.throwIfAborted()
      if (slice.progress && deps.now() >= until) {
        return { end: 'again', delayMs: 0, progress: true }
      }
      pending = store(deps, work, place, page, state)
      // it is met at the next turn
      pending.catch(() => {})
    }
    await pending
    return { end: 'done' }
  } finally {
    // whatever ends the reading, the slice ends behind its last page
    await pending.catch(() => {})
  }
}

const wordsOfCancel = 'The import was cancelled'

/** Nothing is lost when the process is about to stop in the middle of reading. */
const drainCode = 'draining'

const sourceOf = (
  files: Pick<Files, 'get' | 'getRange'>,
  object: StoredObject | null,
  { signal, draining }: Signals,
): Source => {
  if (!object) throw refuse('The file is not there any more: upload it again')
  return {
    byteSize: object.byteSize,
    read: async function* (range) {
      const chunks = range ? files.getRange(object, range, signal) : files.get(object, signal)
      for await (const chunk of chunks) {
        if (draining.aborted) throw failure('unavailable', 'Stopping', { code: drainCode })
        yield chunk
      }
    },
  }
}

type Page = Parameters<typeof judgePage>[2]

/** A table of the file, and what is told of its lines. */
interface Part {
  readonly name: string
  readonly line: number
  readonly told: (account: ReportAccount) => AsyncIterable<Told>
}

/** Tables of no known report come last: a seller sees that none of their lines was taken over. */
const partsOf = (
  tables: readonly Table[],
  sections: readonly Section<ReportImport>[],
): readonly Part[] => [
  ...sections.map((section) => ({
    ...{ name: section.table.name, line: section.line },
    told: (account: ReportAccount) => tell(section, account),
  })),
  ...tables.filter((table) => !sections.some((section) => section.table === table))
    .map((table) => ({ name: table.name, line: 0, told: () => strangeLines(table) })),
]

const strangeLines = async function* (table: Table): AsyncIterable<Told> {
  try {
    for await (const rows of table.rows()) {
      if (rows.length > 0) yield { lines: rows.map(({ line }) => line), skipped: 'unknown-table' }
    }
  } catch (error) {
    // what cannot be read to its end is no table of anybody's
    if (failureKind(error) !== 'rejected') throw error
  }
}

/** What was told and stored before is told again and left out; the last page may be empty. */
const pagesOf = async function* (
  sections: readonly Part[],
  loaded: LoadedImport,
  version: string,
): AsyncIterable<Page> {
  const account = { externalAccountId: loaded.externalAccountId, now: loaded.asOf }
  const known = loaded.position?.results ?? 0
  const views: { -readonly [K in keyof SectionView]: SectionView[K] }[] = sections.map((
    { name, line },
  ) => ({
    ...{ name, heading_line: line, last_line: line },
  }))
  let results = 0
  for (const [at, section] of sections.entries()) {
    let told: Told[] = []
    let lines = 0
    const page = (): Page => {
      const full = {
        told,
        section: at,
        results,
        version,
        sections: views.map((one) => ({ ...one })),
      }
      told = []
      lines = 0
      return full
    }
    for await (const one of section.told(account)) {
      results++
      const view = views[at]
      if (view) view.last_line = one.lines.reduce((a, b) => Math.max(a, b), view.last_line)
      if (results <= known) continue
      told.push(one)
      lines += one.lines.length
      if (told.length >= pageResults || lines >= pageLines) yield page()
    }
    if (told.length > 0 || at === sections.length - 1) yield page()
  }
}

const store = async (
  { db, keyring, log }: ImportDeps,
  work: LeasedWork,
  place: ImportPlace,
  page: Page,
  state: { counts: ImportCounts; readonly slice: { progress: boolean } },
): Promise<void> => {
  const { told } = page
  const rows = told.filter((one) => 'row' in one)
  const willSeal = sealsOfPage(place.report.target, { rows, received: told.length })
  const keys = await keyring.forSeller(work.entry, { willSeal })
  const judged = judgePage(keys, place, page)
  state.counts = await db.withSellerScope(
    work.entry,
    (scope) => storeResults(scope, keys, place, judged, state.counts),
  )
  state.slice.progress = true
  log.info('import.page', { results: page.results, pages: state.counts.counts.pages })
}
