/** Files as tables: what is dirty is cleaned, what is dangerous refused, and nothing is lost. */
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { recognise } from '../../../core/reports/headings.ts'
import { sourceOfBytes } from '../../../core/reports/source.ts'
import { tablesOf } from '../../../core/reports/tables.ts'
import { failureOf } from '../../../core/plugin.ts'
import { reports } from './support/ajio.ts'
import { csvOf, orderReport, valuesOf } from './support/ajio-files.ts'
import { workbookOf, zipOf } from './support/zip.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const read = async (file: Uint8Array) => {
  const tables = []
  for (const table of await tablesOf(sourceOfBytes(file))) {
    const rows: [number, readonly string[]][] = []
    for await (const some of table.rows()) {
      for (const { line, cells } of some) rows.push([line, cells])
    }
    tables.push({ name: table.name, rows })
  }
  return tables
}
const rowsOf = async (file: Uint8Array) => (await read(file))[0]?.rows ?? []
const refusal = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(() => undefined, (reason: unknown) => reason)
  const failure = failureOf(error)
  expect(failure?.kind).toBe('rejected')
  return failure?.message ?? ''
}

describe('text', () => {
  it('of every delimiter and end of line is read into the same cells', async () => {
    const rows = [[1, ['a', 'b, c', 'say "so"']], [2, ['1', '', '3']]]
    expect(await rowsOf(bytes('\ufeffa,"b, c","say ""so"""\r\n1,,3\r\n'))).toEqual(rows)
    expect(await rowsOf(bytes('a\t"b, c"\t"say ""so"""\n1\t\t3'))).toEqual(rows)
    expect(await rowsOf(bytes('a;b, c;"say ""so"""\n1;;3\n'))).toEqual(rows)
    expect(await rowsOf(bytes('a|b, c|"say ""so"""\r1||3\r'))).toEqual(rows)
  })

  it('in UTF-16, as spreadsheets save "Unicode text", is read', async () => {
    const text = '\ufeffn\u0101me\tb\r\n1\t2\r\n'
    const utf16 = new Uint8Array(new Uint16Array([...text].map((c) => c.charCodeAt(0))).buffer)
    expect(await rowsOf(utf16)).toEqual([[1, ['n\u0101me', 'b']], [2, ['1', '2']]])
  })

  it('counts lines as a spreadsheet does, blank ones too', async () => {
    expect(await rowsOf(bytes('a,b\n\n"x\ny",2\nz,3'))).toEqual([
      [1, ['a', 'b']],
      [2, ['']],
      [3, ['x\ny', '2']],
      [4, ['z', '3']],
    ])
  })

  it('loses apostrophes, blanks around it and what stands for nothing', async () => {
    const cells = `'0012,\u00a0 a b ,nan,NaN,Nan,-0.0,'it's'`
    expect(await rowsOf(bytes(cells))).toEqual([
      [1, ['0012', 'a b', '', '', 'Nan', '-0.0', `'it's'`]],
    ])
    const late = await rowsOf(bytes(`${'x'.repeat(600)}\na\0b`))
    expect(late[1]).toEqual([2, ['ab']])
  })

  it('with a quotation mark that is never closed is refused by its line', async () => {
    expect(await refusal(rowsOf(bytes(`a,b\n1,2\n3,"4\n${'x,y\n'.repeat(500_000)}`))))
      .toContain('Line 3 opens a quotation mark')
    expect(await refusal(rowsOf(bytes('a,b\n1,"2\n')))).toContain('Line 2')
  })
})

describe('a workbook', () => {
  it('gives texts, numbers and dates as they are seen, and keeps the numbers of its rows', async () => {
    const file = workbookOf({
      'First': [
        ['Name', 'Amount', 'At', 'Code'],
        null,
        ['  Kurta & Co <M> ', { number: '1234.5599999999999' }, { date: 46248.69701388889 }, null],
        [null, { number: '8901234567890' }, { date: 46248 }, `'007`],
        [{ number: '1.2E+3' }, { number: '-0.0' }],
      ],
      'Second & last': [['x']],
    })
    expect(await read(file)).toEqual([
      {
        name: 'First',
        rows: [
          [1, ['Name', 'Amount', 'At', 'Code']],
          [2, []],
          [3, ['Kurta & Co <M>', '1234.56', '2026-08-14T16:43:42']],
          [4, ['', '8901234567890', '2026-08-14', '007']],
          [5, ['1200', '0']],
        ],
      },
      { name: 'Second & last', rows: [[1, ['x']]] },
    ])
  })

  it('says the same as the csv of the same report', async () => {
    const report = orderReport(300)
    const inSheet = await rowsOf(workbookOf({ Report: valuesOf(report) }))
    const inText = await rowsOf(csvOf(report))
    expect(inSheet.map(([line]) => line)).toEqual(inText.map(([line]) => line))
    expect(inSheet.length).toBeGreaterThan(300)
    const at = report.columns.indexOf('FWD AWB')
    expect(inSheet.map(([, cells]) => cells[at] ?? '').slice(4))
      .toEqual(inText.map(([, cells]) => cells[at] ?? '').slice(4))
  })
})

describe('packed files', () => {
  const text = bytes('a,b\n1,2\n')
  it('hold tables, workbooks and gzip; what is something else is passed over', async () => {
    const file = zipOf([
      { name: 'reports/one.csv', bytes: text },
      { name: '__MACOSX/._one.csv', bytes: text },
      { name: 'two.xlsx', bytes: workbookOf({ S: [['c']] }) },
      { name: 'three.csv.gz', bytes: gzipSync(text) },
      { name: 'logo.png', bytes: new Uint8Array([0x89, 0x50, 0, 1, 2]) },
      { name: 'inner.zip', bytes: zipOf([{ name: 'deep.csv', bytes: text }]) },
    ])
    expect((await read(file)).map(({ name }) => name)).toEqual([
      ...['reports/one.csv', 'two.xlsx: S', 'three.csv.gz'],
    ])
    expect(await rowsOf(gzipSync(text))).toEqual([[1, ['a', 'b']], [2, ['1', '2']]])
  })

  it('that are bombs, lie about their size, are locked or damaged are refused in words', async () => {
    const gibibyte = { name: 'big.csv', bytes: text, toldSize: 1.1 * 2 ** 30 }
    expect(await refusal(read(zipOf([gibibyte])))).toContain('unpacks to more than 1 GiB')
    const sheet = { name: 'xl/worksheets/sheet1.xml', bytes: text, toldSize: 1.1 * 2 ** 30 }
    const book = { name: 'xl/workbook.xml', bytes: bytes('<workbook/>') }
    expect(await refusal(read(zipOf([book, sheet])))).toContain('unpacks to more than 1 GiB')
    const liar = { name: 'a.csv', bytes: bytes('a,b\n'.repeat(9_000)), toldSize: 10 }
    expect(await refusal(read(zipOf([liar])))).toContain('damaged')
    const locked = { name: 'a.csv', bytes: text, encrypted: true }
    expect(await refusal(read(zipOf([locked])))).toContain('password')
    expect(await refusal(read(zipOf([{ name: 'a', bytes: text }]).subarray(0, 60)))).toContain(
      'damaged',
    )
    expect(await refusal(read(gzipSync(bytes('a,b\n'.repeat(9_000))).subarray(0, 50)))).toContain(
      'damaged',
    )
    const many = Array.from({ length: 1_100 }, (_, n) => ({ name: `${n}.csv`, bytes: text }))
    expect(await refusal(read(zipOf(many)))).toContain('more than 1000 files')
  })

  it('of another kind are refused with what to send instead', async () => {
    const words = async (start: string | readonly number[]) =>
      await refusal(read(typeof start === 'string' ? bytes(start) : new Uint8Array(start)))
    expect(await words('')).toContain('empty')
    expect(await words([0xd0, 0xcf, 0x11, 0xe0, 1])).toContain('save it as XLSX or CSV')
    expect(await words('\n<html><table><tr>')).toContain('web page')
    expect(await words('%PDF-1.7')).toContain('PDF')
    expect(await words([1, 2, 0, 3])).toContain('no CSV')
    const bomb = `<!DOCTYPE a [<!ENTITY b "bb">]><worksheet>&b;</worksheet>`
    const parts = [
      { name: 'xl/workbook.xml', bytes: bytes(`${bomb}`) },
    ]
    expect(await refusal(read(zipOf(parts)))).toContain('damaged')
  })
})

describe('a report', () => {
  it('is known by its headings, wherever they stand and however they are written', async () => {
    const tables = await tablesOf(sourceOfBytes(csvOf(orderReport(3))))
    const [section] = await recognise(tables, reports)
    expect(section).toMatchObject({ line: 4, report: { id: 'ajio-orders' } })
    expect(section?.columns.slice(0, 4)).toEqual([
      ...['Cust Order No', 'Cust Order Date', 'FWD Seller Order NO', 'FWD PO NO'],
    ])
  })

  it('of an older form is refused, and told which are known', async () => {
    const old = bytes('Order Reference ID,Item Code,Selling Price INR\nFN1,441,999\n')
    const tables = await tablesOf(sourceOfBytes(old))
    const why = await refusal(recognise(tables, reports))
    for (const { name } of reports) expect(why).toContain(name)
  })

  it('that stands beside another one in the file is refused', async () => {
    const names = [...reports].map(({ signature }) => signature.join(','))
    const file = zipOf(names.map((name, at) => ({ name: `${at}.csv`, bytes: bytes(name) })))
    expect(await refusal(recognise(await tablesOf(sourceOfBytes(file)), reports)))
      .toContain('two reports')
  })
})
