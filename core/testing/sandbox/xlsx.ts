/** Workbooks and zip files, as an upstream gives its reports. The same content gives the same bytes. */
import { crc32, deflateRawSync } from 'node:zlib'

/** A text, a number by its decimal text (an amount is no float), or nothing. */
export type Cell = string | { readonly number: string } | null
export interface Sheet {
  readonly name: string
  /** Null: a row that is not stored, and counts all the same. */
  readonly rows: readonly (readonly Cell[] | null)[]
}
export interface ZipFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/** An .xlsx whose texts stand in their cells (inline strings), with its sheets in this order. */
export const workbookOf = (sheets: readonly Sheet[]): Uint8Array => {
  const part = (at: number): string => `worksheets/sheet${at + 1}.xml`
  const parts: readonly (readonly [string, string])[] = [
    ['[Content_Types].xml', contentTypes(sheets.map((_, at) => part(at)))],
    ['_rels/.rels', relations([['officeDocument', 'xl/workbook.xml']])],
    ['xl/workbook.xml', rootOf(sheets)],
    [
      'xl/_rels/workbook.xml.rels',
      relations(sheets.map((_, at) => ['worksheet', part(at)] as const)),
    ],
    ...sheets.map((sheet, at) => [`xl/${part(at)}`, sheetOf(sheet)] as const),
  ]
  return zipOf(parts.map(([name, xml]) => ({ name, bytes: encode(head + xml) })))
}

/** A zip file, deflated; its times say 1980, where those of zip files begin. */
export const zipOf = (files: readonly ZipFile[]): Uint8Array => {
  const locals: Uint8Array[] = []
  const directory: Uint8Array[] = []
  let offset = 0
  for (const { name, bytes } of files) {
    const packed = deflateRawSync(bytes)
    const nameBytes = encode(name)
    // what both headers say: version 2.0, names in UTF-8, deflated, 1980-01-01
    const shared = fields(
      [2, 20],
      [2, 0x800],
      [2, 8],
      [2, 0],
      [2, 0x21],
      [4, crc32(bytes)],
      [4, packed.length],
      [4, bytes.length],
      [2, nameBytes.length],
      [2, 0],
    )
    const local = joined([fields([4, 0x04034b50]), shared, nameBytes, packed])
    const begin = fields([4, 0x02014b50], [2, 20])
    const tail = fields([2, 0], [2, 0], [2, 0], [4, 0], [4, offset])
    directory.push(begin, shared, tail, nameBytes)
    locals.push(local)
    offset += local.length
  }
  const list = joined(directory)
  const count = files.length
  const end = fields(
    ...[[4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count]] as const,
    ...[[4, list.length], [4, offset], [2, 0]] as const,
  )
  return joined([...locals, list, end])
}

/** Numbers of two or four bytes, the lowest byte first. */
const fields = (...numbers: readonly (readonly [2 | 4, number])[]): Uint8Array => {
  const bytes = new Uint8Array(numbers.reduce((sum, [size]) => sum + size, 0))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const [size, number] of numbers) {
    if (size === 2) view.setUint16(at, number, true)
    else view.setUint32(at, number, true)
    at += size
  }
  return bytes
}

const joined = (parts: readonly Uint8Array[]): Uint8Array => {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

const head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const office = 'http://schemas.openxmlformats.org'
const main = `${office}/spreadsheetml/2006/main`
const links = `${office}/officeDocument/2006/relationships`
const sheetType = 'application/vnd.openxmlformats-officedocument.spreadsheetml'

const contentTypes = (sheets: readonly string[]): string =>
  `<Types xmlns="${office}/package/2006/content-types">` +
  '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>' +
  `<Override PartName="/xl/workbook.xml" ContentType="${sheetType}.sheet.main+xml"/>` +
  sheets.map((path) =>
    `<Override PartName="/xl/${path}" ContentType="${sheetType}.worksheet+xml"/>`
  ).join('') + '</Types>'

const relations = (all: readonly (readonly [kind: string, target: string])[]): string =>
  `<Relationships xmlns="${office}/package/2006/relationships">${
    all.map(([kind, target], at) =>
      `<Relationship Id="rId${at + 1}" Type="${links}/${kind}" Target="${target}"/>`
    ).join('')
  }</Relationships>`

const rootOf = (sheets: readonly Sheet[]): string =>
  `<workbook xmlns="${main}" xmlns:r="${links}"><sheets>${
    sheets.map(({ name }, at) =>
      `<sheet name="${escaped(name)}" sheetId="${at + 1}" r:id="rId${at + 1}"/>`
    ).join('')
  }</sheets></workbook>`

const sheetOf = ({ rows }: Sheet): string => {
  const shown = rows.map((row, at) => {
    if (row === null) return ''
    const cells = row.map((cell, column) => cellOf(cell, `${columnName(column)}${at + 1}`))
    return `<row r="${at + 1}">${cells.join('')}</row>`
  })
  return `<worksheet xmlns="${main}"><sheetData>${shown.join('')}</sheetData></worksheet>`
}

const cellOf = (cell: Cell, at: string): string => {
  if (cell === null) return ''
  if (typeof cell !== 'string') return `<c r="${at}"><v>${escaped(cell.number)}</v></c>`
  const text = `<t xml:space="preserve">${escaped(cell)}</t>`
  return `<c r="${at}" t="inlineStr"><is>${text}</is></c>`
}

/** 0 is A, 26 is AA. */
const columnName = (at: number): string =>
  (at < 26 ? '' : columnName(Math.floor(at / 26) - 1)) + String.fromCharCode(65 + at % 26)

/** Signs of control are left out: XML cannot hold them. */
const escaped = (text: string): string =>
  text.replaceAll(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`).replaceAll(
    /[^\t\n\r\P{Cc}]/gu,
    '',
  )
