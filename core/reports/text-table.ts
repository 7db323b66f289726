/** Lines of a text whose cells stand between commas, tabs, semicolons or bars. */
import { parse, type Parser } from 'csv-parse'
import { cleanCell } from './cell.ts'
import { maxColumns, maxLineBytes, maxLines } from './limits.ts'
import { headOf, refuse } from './source.ts'
import type { TableRow } from './tables.ts'

const delimiters = [',', '\t', ';', '|'] as const
const sniffBytes = 64 * 1024

/** Rows are counted as a spreadsheet counts them: a line break inside of quotes is none. */
export const readText = async function* (
  open: () => AsyncIterable<Uint8Array>,
): AsyncIterable<readonly TableRow[]> {
  const head = await headOf(open(), sniffBytes)
  const encoding = encodingOf(head)
  const parser = parse({
    bom: true,
    encoding: encoding === 'utf-16le' ? 'utf16le' : 'utf8',
    delimiter: delimiterOf(new TextDecoder(encoding).decode(head)),
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    relax_quotes: true,
    max_record_size: maxLineBytes,
  })
  let line = 0
  const rowOf = (record: string[]): TableRow => {
    line++
    if (line > maxLines) throw refuse(`The file has more than ${maxLines} lines`)
    if (record.length > maxColumns) throw refuse(`Line ${line} has too many cells`)
    // in place: a copy of each record is half of all that would have to be collected
    for (let at = 0; at < record.length; at++) record[at] = cleanCell(record[at] ?? '')
    return { line, cells: record }
  }
  try {
    for await (const records of parsed(parser, open())) yield records.map(rowOf)
  } catch (error) {
    throw wordsFor(error)
  } finally {
    parser.destroy()
  }
}

/**
 * What each chunk holds. The parser is fed by hand: what a pipe keeps of every chunk lives until the
 * whole heap is collected.
 */
const parsed = async function* (
  parser: Parser,
  chunks: AsyncIterable<Uint8Array>,
): AsyncIterable<string[][]> {
  let wake = () => {}
  for (const event of ['readable', 'end', 'error', 'close']) parser.on(event, () => wake())
  const ready = (): string[][] => {
    const records: string[][] = []
    for (let next = parser.read(); next !== null; next = parser.read()) records.push(next)
    return records
  }
  for await (const chunk of chunks) {
    parser.write(chunk)
    const records = ready()
    if (parser.errored) throw parser.errored
    if (records.length > 0) yield records
  }
  parser.end()
  while (!parser.readableEnded && !parser.destroyed) {
    const records = ready()
    if (records.length > 0) yield records
    else {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  if (parser.errored) throw parser.errored
}

/** The parser's own words quote what it stumbled over. */
const wordsFor = (error: unknown): unknown => {
  const { code, records } = error as { readonly code?: unknown; readonly records?: unknown }
  if (typeof code !== 'string' || !code.startsWith('CSV_')) return error
  // rows that were parsed before may not have been handed over yet
  const line = Number(records) + 1
  if (code === 'CSV_QUOTE_NOT_CLOSED' || code === 'CSV_MAX_RECORD_SIZE') {
    return refuse(`Line ${line} opens a quotation mark that is never closed, or is far too long`)
  }
  return refuse(`Line ${line} cannot be read as cells between commas, tabs or semicolons`)
}

const encodingOf = (head: Uint8Array): string =>
  head[0] === 0xff && head[1] === 0xfe
    ? 'utf-16le'
    : head[0] === 0xfe && head[1] === 0xff
    ? refused('The file is text in UTF-16 (big endian): save it as CSV in UTF-8')
    : 'utf-8'

const refused = (message: string): never => {
  throw refuse(message)
}

/** The one that stands most often outside of quotes. */
const delimiterOf = (text: string): string => {
  const plain = text.replaceAll(/"[^"]*"/g, '')
  const counts = delimiters.map((one) => [one, plain.split(one).length] as const)
  return counts.reduce((most, one) => one[1] > most[1] ? one : most)[0]
}
