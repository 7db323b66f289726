/** A line of the archive in clear, for who has to see what a marketplace said: with a row in the ledger. */
import type { ArchiveKeys } from '../../crypto/archive-keys.ts'
import { openFields } from '../../crypto/opening.ts'
import { fromBase64 } from '../../crypto/text.ts'
import type { Database, Entry } from '../../db/database.ts'
import { monthOf, rawTable, wholeBody } from './raw-archive.ts'
import { sealedKey } from './redact.ts'

interface ArchivedLine {
  readonly id: string
  readonly at: string
  readonly body: unknown
}

/**
 * The line with its sealed values in their places. Secrets were never kept. Throws when the key of its
 * month was destroyed, and for a line that is another seller's.
 */
export const openArchivedLine = async (
  { db, archiveKeys }: {
    readonly db: Pick<Database, 'withSellerScope'>
    readonly archiveKeys: Pick<ArchiveKeys, 'toOpen'>
  },
  entry: Entry,
  line: string,
  reason: string,
): Promise<ArchivedLine> => {
  const { id, at, body, ...head } = JSON.parse(line) as ArchivedLine
  const fields: Record<string, Uint8Array> = {}
  const found = walk(body, '', (path, sealed) => {
    fields[path] = fromBase64(sealed)
    return null
  })
  if (Object.keys(fields).length === 0) return { id, at, ...head, body: found }
  const key = await archiveKeys.toOpen(entry, monthOf(new Date(at)))
  if (key === null) throw new Error('Cannot open the line: the key of its month is not there')
  const open = await key.opening(id, (keys) =>
    db.withSellerScope(entry, async (scope) => {
      const rows = [{ id, fields }]
      const [row] = await openFields(scope, keys, {
        ...{ table: rawTable, purpose: 'archive.read', reason, rows },
      })
      return row ?? {}
    }))
  const whole = open[wholeBody]
  // a refusal, which need not be JSON
  if (whole) return { id, at, ...head, body: whole }
  return { id, at, ...head, body: walk(body, '', (path) => JSON.parse(open[path] ?? 'null')) }
}

/** The value with what `replace` gives for each sealed one. */
const walk = (
  value: unknown,
  path: string,
  replace: (path: string, sealed: string) => unknown,
): unknown => {
  if (Array.isArray(value)) return value.map((one, at) => walk(one, `${path}[${at}]`, replace))
  if (!value || typeof value !== 'object') return value
  const sealed: unknown = (value as Readonly<Record<string, unknown>>)[sealedKey]
  if (typeof sealed === 'string') return replace(path === '' ? wholeBody : path, sealed)
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      name,
      walk(one, path === '' ? name : `${path}.${name}`, replace),
    ]),
  )
}
