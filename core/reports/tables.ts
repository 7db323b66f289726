/** Files as tables: csv, tsv, xlsx, zip files of those, gzip. What a file is, its bytes say. */
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { failureKind } from '../plugin.ts'
import { type Member, openArchive, refuseBomb } from './archive.ts'
import { maxInnerBytes, maxUnpackedBytes } from './limits.ts'
import { type Form, formOf, headOf, refuse, type Source, sourceOfBytes, wholeOf } from './source.ts'
import { readText } from './text-table.ts'
import { isWorkbook, partsRead, sheetsOf } from './workbook.ts'

export interface TableRow {
  /** From 1, as a spreadsheet shows it. */
  readonly line: number
  readonly cells: readonly string[]
}
export interface Table {
  /** Of the sheet, or of the file in a zip file; empty for a plain file. */
  readonly name: string
  /** Of a workbook alone. */
  readonly sheet?: string
  /** Some at a time, as they come up: one by one would cost more than to parse them. Reads anew. */
  readonly rows: () => AsyncIterable<readonly TableRow[]>
}

const headBytes = 512

/** Throws a failure `rejected` that tells the seller what to send instead. */
export const tablesOf = async (source: Source): Promise<readonly Table[]> => {
  const form = formOf(await headOf(source.read({ from: 0, to: headBytes }), headBytes))
  if (form === 'text') return [{ name: '', rows: () => readText(() => source.read()) }]
  if (form === 'gzip') return [await unzipped(() => source.read(), '')]
  if (form !== 'zip') throw refuse(wordsOf[form])
  const members = await openArchive(source)
  if (isWorkbook(members)) {
    refuseBomb(partsRead(members))
    return await sheetsOf(members)
  }
  const files = members.filter(({ name }) => !/(?:^|\/)(?:\.|__MACOSX\/|Thumbs\.db$)/.test(name))
  refuseBomb(files)
  const tables: Table[] = []
  for (const file of files) tables.push(...await tablesOfMember(file))
  if (tables.length === 0) throw refuse('The zip file holds no CSV, TSV or XLSX file')
  return tables
}

/** Of a file in a zip file; a zip file in it is not opened any more. */
const tablesOfMember = async (member: Member): Promise<readonly Table[]> => {
  const { name } = member
  const form = formOf(await headOf(member.read(), headBytes))
  if (form === 'text') return [{ name, rows: () => readText(member.read) }]
  if (form === 'gzip') return [await unzipped(member.read, name)]
  if (form !== 'zip') return []
  const whole = await wholeOf(
    member.read(),
    maxInnerBytes,
    'A workbook in the zip file is too large: send it by itself',
  )
  const inner = await openArchive(sourceOfBytes(whole))
  if (!isWorkbook(inner)) return []
  refuseBomb(partsRead(inner))
  return (await sheetsOf(inner)).map((sheet) => ({ ...sheet, name: `${name}: ${sheet.name}` }))
}

const unzipped = async (read: () => AsyncIterable<Uint8Array>, name: string): Promise<Table> => {
  const open = () => gunzip(read)
  const form = formOf(await headOf(open(), headBytes))
  if (form !== 'text') throw refuse('The gzip file holds no text: unpack it and send what is in it')
  return { name, rows: () => readText(open) }
}

const gunzip = async function* (read: () => AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const packed = Readable.from(read())
  let own: { readonly error: unknown } | undefined
  packed.once('error', (error) => {
    own = { error }
  })
  // pipeline hands errors of the source on to who iterates
  const plain = pipeline(packed, createGunzip(), () => {})
  let size = 0
  try {
    for await (const chunk of plain as AsyncIterable<Uint8Array>) {
      size += chunk.length
      if (size > maxUnpackedBytes) {
        throw refuse(`The file unpacks to more than ${maxUnpackedBytes / 2 ** 30} GiB: split it`)
      }
      yield chunk
    }
  } catch (error) {
    if (own) throw own.error
    throw failureKind(error) ? error : refuse('The gzip file is damaged: it cannot be unpacked')
  } finally {
    packed.destroy()
    plain.destroy()
  }
}

const wordsOf: Readonly<Record<Exclude<Form, 'text' | 'gzip' | 'zip'>, string>> = {
  'empty': 'The file is empty',
  'old-workbook':
    'The file is an old workbook (.xls) or is locked with a password: save it as XLSX or CSV',
  'web-page': 'The file is a web page: download the report as CSV or XLSX',
  'pdf': 'The file is a PDF: download the report as CSV or XLSX',
  'binary': 'The file is no CSV, TSV, XLSX, ZIP or GZ file',
}
