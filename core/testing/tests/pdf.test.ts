import { textPdf } from 'robnu/testing'
import { expect, test } from 'vitest'

const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

test('every object stands where the table says, and the table where the end says', () => {
  const file = textOf(textPdf(Array.from({ length: 130 }, (_, at) => `line ${at}`)))
  expect(file.startsWith('%PDF-1.4\n')).toBe(true)
  const [, startText] = /startxref\n(\d+)\n%%EOF\n$/.exec(file) ?? []
  const table = file.slice(Number(startText))
  const [, count] = /^xref\n0 (\d+)\n/.exec(table) ?? []
  const starts = [...table.matchAll(/^(\d{10}) 00000 n $/gm)].map(([, start]) => Number(start))
  expect(starts.length + 1).toBe(Number(count))
  for (const [at, start] of starts.entries()) {
    expect(file.slice(start).startsWith(`${at + 1} 0 obj\n`)).toBe(true)
  }
  for (
    const [, length, text = ''] of file.matchAll(/\/Length (\d+) >>\nstream\n([^]*?)\nendstream/g)
  ) {
    expect(text.length).toBe(Number(length))
  }
  // sixty lines to a page
  expect(file).toContain('/Count 3')
  expect([...file.matchAll(/\(line \d+\) Tj/g)].length).toBe(130)
})

test('brackets and backslashes are text, and what Courier lacks is a question mark', () => {
  const file = textOf(textPdf(['a (b) \\ ₹5', '']))
  expect(file).toContain('(a \\(b\\) \\\\ ?5) Tj')
  expect(textPdf(['x'])).toEqual(textPdf(['x']))
  expect(textOf(textPdf([]))).toContain('/Count 1')
})
