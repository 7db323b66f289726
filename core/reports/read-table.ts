/** A file that a marketplace gave to an adapter, as the one table that it asks for. */
import {
  failure,
  failureOf,
  type ReportRecord,
  type ReportTable,
  type TableAsk,
} from '../plugin.ts'
import { type Section, sectionsOf } from './headings.ts'
import { recordsOf, uselessness } from './records.ts'
import type { Source } from './source.ts'
import { tablesOf } from './tables.ts'

/**
 * Null: the headings stand nowhere in the file, or nothing does. Throws `bad-response` for a file that
 * cannot be read, here or while its records are; what the source throws is thrown as it is.
 */
export const readTable = async (source: Source, ask: TableAsk): Promise<ReportTable | null> => {
  if (source.byteSize === 0) return null
  const sections = await inWords(async () => await sectionsOf(await tablesOf(source), [ask]))
  const [section] = sections
  if (!section) return null
  // of two nobody could say which one the lines belong to
  if (sections.length > 1) throw unreadable(`it holds ${sections.length} tables of these headings`)
  return { columns: section.columns, records: usefulOf(section) }
}

/** Blank lines and headings that stand there again are for nobody. */
const usefulOf = async function* (section: Section): AsyncIterable<ReportRecord> {
  const records = recordsOf(section)[Symbol.asyncIterator]()
  try {
    for (;;) {
      const { done, value } = await inWords(() => records.next())
      if (done) return
      if (uselessness(value, section.columns) === undefined) yield value
    }
  } finally {
    await records.return?.()
  }
}

/** Throws `bad-response` with the code `digest-differs` where the adapter knows another digest. */
export const refuseOtherDigest = (ask: TableAsk, sha256: string): void => {
  if (ask.sha256 === undefined || ask.sha256.toLowerCase() === sha256) return
  const why = 'The file of the marketplace is not the one that it announces'
  throw failure('bad-response', why, { code: 'digest-differs' })
}

/** What a seller would be told to send instead is here a fault of the marketplace. */
const inWords = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    const failed = failureOf(error)
    throw failed?.kind === 'rejected' ? unreadable(failed.message) : error
  }
}

const unreadable = (why: string): Error =>
  failure('bad-response', `The file of the marketplace cannot be read: ${why}`)
