/** Cells: what a spreadsheet would run is text, and what was there comes out again. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { csvCell, headOf, linesOf, putMarksRight } from '../cells.ts'
import { tables } from '../tables.ts'

it.each([
  ['=1+1', "'=1+1"],
  ['+1+1', "'+1+1"],
  ['-1+1', "'-1+1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\tx', "'\tx"],
  ['\rx', '"\'\rx"'],
  ['\0x', "'\0x"],
  ['＝1+1', "'＝1+1"],
  ['=HYPERLINK("http://x")', '"\'=HYPERLINK(""http://x"")"'],
  ['-12.50', '-12.50'],
  ['+91', '+91'],
  ['-0.25-1', "'-0.25-1"],
  ['-', "'-"],
  ['a=1', 'a=1'],
  ['a,b', '"a,b"'],
  ['5" x 3"', '"5"" x 3"""'],
  ['two\nlines', '"two\nlines"'],
  ['साड़ी', 'साड़ी'],
])('%j is the cell %j', (value, cell) => {
  expect(csvCell(value)).toBe(cell)
})

it('a csv has a head, ends its lines as RFC 4180 says, and tells Excel its letters on request', () => {
  const columns = [{ name: 'sku', kind: 'text' }, { name: 'quantity', kind: 'integer' }] as const
  expect(headOf('csv', columns, false)).toBe('sku,quantity\r\n')
  expect(headOf('csv', columns, true)).toBe('\uFEFFsku,quantity\r\n')
  expect(headOf('jsonl', columns, false)).toBe('')
})

/** As `linesOf` is used: what the database wrote, and then its bytes. */
const csvOf = (rows: readonly (readonly string[])[]): string => {
  const text = linesOf('csv', rows.map((cells) => `${cells.join('\x1f')}\x1e\n`).join(''))
  const bytes = new TextEncoder().encode(text)
  putMarksRight(bytes)
  return new TextDecoder().decode(bytes)
}

it('the lines of a page are what its cells are, one by one, wherever the risky ones stand', () => {
  expect(csvOf([['A', '2'], ['', '']])).toBe('A,2\r\n,\r\n')
  expect(linesOf('jsonl', '{"sku":"=A,\x1f"}\n')).toBe('{"sku":"=A,\x1f"}\n')
  const cells = [
    ...[
      '',
      'a',
      'साड़ी',
      '-12.50',
      '+91',
      '=1+1',
      '-1+1',
      '@x',
      '\tx',
      '\rx',
      '\nx',
      'two\nlines',
      '＝1',
    ],
    ...['a,b', '5" x 3"', '-', 'x=1', '\n', '-1\n', '1\n-2'],
  ]
  for (const one of cells) {
    for (
      const rows of [[[one]], [['a', one]], [[one, 'a']], [['a', 'b'], [one, 'c'], ['d', one]]]
    ) {
      const expected = rows.map((row) => `${row.map(csvCell).join(',')}\r\n`).join('')
      expect(csvOf(rows), JSON.stringify(rows)).toBe(expected)
    }
  }
})

it('the columns are those of the README, in their order', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const told = Object.fromEntries(
    [...readme.matchAll(/^\| `([a-z-]+)` +\| (.*?) +\|$/gm)].map(([, what = '', names = '']) => [
      what,
      [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name),
    ]),
  )
  expect(Object.keys(told)).toEqual(Object.keys(tables))
  for (const [what, { columns }] of Object.entries(tables)) {
    expect(told[what], what).toEqual(columns.map(({ name }) => name))
  }
})

it('no column shows a buyer', () => {
  for (const { columns } of Object.values(tables)) {
    for (const { name } of columns) {
      expect(name).not.toMatch(/customer|buyer|phone|mail|address|pin|_enc/)
    }
  }
})
