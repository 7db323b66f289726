/** Reads a .csv or .csv.gz as records, one at a time. */
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { parse } from 'csv-parse'

/** Each row as its values by column name; throws what reading, unpacking or parsing throws. */
export const csvRecords = (path: string): AsyncIterable<Readonly<Record<string, string>>> => {
  const rows = parse({ bom: true, columns: true })
  const file = createReadStream(path)
  // pipeline hands every error on to `rows`, and whoever iterates meets it there
  const done = () => {}
  if (path.endsWith('.gz')) pipeline(file, createGunzip(), rows, done)
  else pipeline(file, rows, done)
  return rows
}
