/** Zip files and workbooks made by hand, honest ones and others. */
import { crc32, deflateRawSync } from 'node:zlib'
import { Buffer } from 'node:buffer'

export interface ZipPart {
  readonly name: string
  readonly bytes: Uint8Array
  /** What the zip file says instead of the truth. */
  readonly toldSize?: number
  readonly encrypted?: boolean
}

export const zipOf = (parts: readonly ZipPart[]): Uint8Array => {
  const locals: Buffer[] = []
  const central: Buffer[] = []
  let offset = 0
  for (const { name, bytes, toldSize = bytes.length, encrypted = false } of parts) {
    const packed = deflateRawSync(bytes)
    const nameBytes = Buffer.from(name)
    const shared = Buffer.alloc(26)
    shared.writeUInt16LE(20, 0)
    shared.writeUInt16LE(0x800 | (encrypted ? 1 : 0), 2)
    shared.writeUInt16LE(8, 4)
    shared.writeUInt32LE(crc32(bytes), 10)
    shared.writeUInt32LE(packed.length, 14)
    shared.writeUInt32LE(toldSize, 18)
    shared.writeUInt16LE(nameBytes.length, 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), shared, nameBytes, packed])
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(offset, 10)
    central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), shared, tail, nameBytes]))
    locals.push(local)
    offset += local.length
  }
  const directory = Buffer.concat(central)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 0, 'latin1')
  end.writeUInt16LE(parts.length, 8)
  end.writeUInt16LE(parts.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return new Uint8Array(Buffer.concat([...locals, directory, end]))
}

/** A text, a number, a date as the days of spreadsheets, or nothing. */
export type Value = string | { readonly number: string } | { readonly date: number } | null

const xml = (text: string): string =>
  text.replaceAll(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)
const columnName = (at: number): string =>
  at < 26 ? String.fromCharCode(65 + at) : columnName(Math.floor(at / 26) - 1) + columnName(at % 26)
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const office = 'http://schemas.openxmlformats.org'

/** As Excel writes one: shared texts, sparse cells, rows that are not there. Null: no such row. */
export const workbookOf = (
  sheets: Readonly<Record<string, readonly (readonly Value[] | null)[]>>,
): Uint8Array => {
  const shared = new Map<string, number>()
  const cellOf = (value: Value, at: string): string => {
    if (value === null) return ''
    if (typeof value === 'string') {
      if (!shared.has(value)) shared.set(value, shared.size)
      return `<c r="${at}" t="s"><v>${shared.get(value)}</v></c>`
    }
    return 'number' in value
      ? `<c r="${at}"><v>${value.number}</v></c>`
      : `<c r="${at}" s="1"><v>${value.date}</v></c>`
  }
  const sheetXml = (rows: readonly (readonly Value[] | null)[]) =>
    `${head}<worksheet xmlns="${office}/spreadsheetml/2006/main"><sheetData>${
      rows.map((row, at) =>
        row === null
          ? ''
          : `<row r="${at + 1}">${
            row.map((value, column) => cellOf(value, `${columnName(column)}${at + 1}`)).join('')
          }</row>`
      ).join('')
    }</sheetData></worksheet>`
  const names = Object.keys(sheets)
  const bodies = Object.values(sheets).map(sheetXml)
  const relation = (id: number, kind: string, target: string) =>
    `<Relationship Id="rId${id}" Type="${office}/officeDocument/2006/relationships/${kind}" Target="${target}"/>`
  return zipOf([
    {
      name: 'xl/workbook.xml',
      bytes: bytes(
        `${head}<workbook xmlns="${office}/spreadsheetml/2006/main" xmlns:r="${office}/officeDocument/2006/relationships"><sheets>${
          names.map((name, at) =>
            `<sheet name="${xml(name)}" sheetId="${at + 1}" r:id="rId${at + 1}"/>`
          ).join('')
        }</sheets></workbook>`,
      ),
    },
    {
      name: 'xl/_rels/workbook.xml.rels',
      bytes: bytes(
        `${head}<Relationships xmlns="${office}/package/2006/relationships">${
          names.map((_name, at) => relation(at + 1, 'worksheet', `worksheets/sheet${at + 1}.xml`))
            .join('')
        }</Relationships>`,
      ),
    },
    ...bodies.map((body, at) => ({
      name: `xl/worksheets/sheet${at + 1}.xml`,
      bytes: bytes(body),
    })),
    {
      name: 'xl/styles.xml',
      bytes: bytes(
        `${head}<styleSheet xmlns="${office}/spreadsheetml/2006/main"><numFmts count="1"><numFmt numFmtId="164" formatCode="dd\\-mmm\\-yyyy hh:mm:ss"/></numFmts><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>`,
      ),
    },
    {
      name: 'xl/sharedStrings.xml',
      bytes: bytes(
        `${head}<sst xmlns="${office}/spreadsheetml/2006/main">${
          [...shared.keys()].map((text) =>
            `<si><r><t xml:space="preserve">${
              xml(text.slice(0, 1))
            }</t></r><r><t xml:space="preserve">${xml(text.slice(1))}</t></r></si>`
          ).join('')
        }</sst>`,
      ),
    },
  ])
}
