/** What an export says of itself: a file beside its parts. */
import { leftOutTables } from './left-out.ts'
import type { readParts } from './rows.ts'
import type { ExportTable } from './tables.ts'

/** Pure. Every table stands in it, also one without a row, so that nothing is missing by silence. */
export const manifestOf = (
  about: {
    readonly sellerId: string
    readonly exportId: string
    readonly reason: string
    readonly askedAt: Date
    readonly madeAt: Date
  },
  tables: readonly ExportTable[],
  parts: Awaited<ReturnType<typeof readParts>>,
): string =>
  `${
    JSON.stringify(
      {
        type: 'robnu-export/1',
        seller: about.sellerId,
        export: about.exportId,
        reason: about.reason,
        asked_at: about.askedAt,
        made_at: about.madeAt,
        about:
          'Each part is gzip of JSON lines, a line for each row. Rows were read table by table: what ' +
          'changed meanwhile may stand in one table and not yet in another. Files are told by ' +
          'storage_objects, with the keys that they lie under.',
        tables: tables.map(({ table, clear, sealed, leftOut }) => {
          const own = parts.filter(({ table_name }) => table_name === table)
          return {
            table,
            rows: own.reduce((sum, { rows }) => sum + rows, 0),
            columns: [...clear, ...sealed.map((name) => name.replace(/_enc$/, ''))],
            opened: own.reduce((sum, { opened }) => sum + opened, 0),
            left_out: leftOut,
            parts: own.map(({ part, rows, storage_key, byte_size, sha256 }) => ({
              ...{ part, rows, key: storage_key, byte_size, sha256 },
            })),
          }
        }),
        left_out: leftOutTables,
      },
      null,
      1,
    )
  }\n`
