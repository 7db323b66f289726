import { workbookOf, zipOf } from 'robnu/testing'
import { expect, test } from 'vitest'
import { sourceOfBytes } from '../../reports/source.ts'
import { tablesOf } from '../../reports/tables.ts'

const read = async (file: Uint8Array) => {
  const tables: Record<string, (readonly [number, ...string[]])[]> = {}
  for (const { name, rows } of await tablesOf(sourceOfBytes(file))) {
    const list: (readonly [number, ...string[]])[] = []
    for await (const some of rows()) list.push(...some.map((r) => [r.line, ...r.cells] as const))
    tables[name] = list
  }
  return tables
}

test('the imports read every sheet of a workbook back, line by line and cell by cell', async () => {
  const wide = Array.from({ length: 60 }, (_, at) => `c${at}`)
  const file = workbookOf([
    {
      name: 'Order Payments',
      rows: [['a & b', '<"x">', ' y '], null, [null, { number: '601.42' }]],
    },
    { name: 'Ads & more', rows: [wide, ['-0.0', 'two\nlines', '']] },
    { name: 'Empty', rows: [] },
  ])
  expect(await read(file)).toEqual({
    'Order Payments': [[1, 'a & b', '<"x">', 'y'], [2], [3, '', '601.42']],
    'Ads & more': [[1, ...wide], [2, '-0.0', 'two\nlines']],
    'Empty': [],
  })
})

test('workbooks in a zip file are read, and the same content is the same bytes', async () => {
  const book = () => workbookOf([{ name: 'S', rows: [['x', '1']] }])
  const file = () =>
    zipOf([{ name: 'a.xlsx', bytes: book() }, {
      name: 'ü/b.csv',
      bytes: new TextEncoder().encode('p,q\n'),
    }])
  expect(await read(file())).toEqual({ 'a.xlsx: S': [[1, 'x', '1']], 'ü/b.csv': [[1, 'p', 'q']] })
  expect(file()).toEqual(file())
})
