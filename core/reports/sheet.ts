/** One sheet of a workbook, as rows of texts. */
import { cleanCell } from './cell.ts'
import { dateText, numberText } from './cell-format.ts'
import { maxColumns, maxLineBytes, maxLines } from './limits.ts'
import { refuse } from './source.ts'
import type { TableRow } from './tables.ts'
import { readXml } from './xml.ts'

export interface Look {
  readonly shared: readonly string[]
  /** By style: its numbers are dates. */
  readonly dates: readonly boolean[]
  readonly is1904: boolean
}

/** Rows that are not stored are lines without cells, as they are on the screen. */
export const readSheet = async function* (
  chunks: AsyncIterable<Uint8Array>,
  look: Look,
): AsyncIterable<readonly TableRow[]> {
  let ready: TableRow[] = []
  let [line, column, type, style, value] = [0, 0, '', 0, '']
  let [isValue, inPhonetic, chars] = [false, false, 0]
  let cells: string[] = []

  const reader = {
    open: (name: string, attributes: Readonly<Record<string, string>>) => {
      if (name === 'c') {
        column = attributes['r'] === undefined ? column + 1 : columnOf(attributes['r'])
        if (column > maxColumns) throw refuse(`Line ${line} has too many cells`)
        type = attributes['t'] ?? 'n'
        style = Number(attributes['s'] ?? 0)
        value = ''
      } else if (name === 'v' || name === 't') isValue = !inPhonetic
      else if (name === 'rPh') inPhonetic = true
      else if (name === 'row') {
        line = attributes['r'] === undefined ? line + 1 : Number(attributes['r'])
        if (!(line >= 1 && line <= maxLines)) {
          throw refuse(`The sheet has more than ${maxLines} lines`)
        }
        column = 0
        chars = 0
        cells = []
      }
    },
    text: (more: string) => {
      if (!isValue) return
      value += more
      chars += more.length
      if (chars > maxLineBytes) throw refuse(`Line ${line} is far too long`)
    },
    close: (name: string) => {
      if (name === 'v' || name === 't') isValue = false
      else if (name === 'rPh') inPhonetic = false
      else if (name === 'c') {
        const text = textOf(type, style, value, look)
        if (text === '') return
        while (cells.length < column - 1) cells.push('')
        cells[column - 1] = text
      } else if (name === 'row') ready.push({ line, cells })
    },
  }
  let next = 1
  for await (const _chunk of readXml(chunks, reader)) {
    if (ready.length === 0) continue
    const rows = ready
    ready = []
    let some: TableRow[] = []
    for (const row of rows) {
      if (row.line < next) throw refuse('The workbook is damaged: a line stands there twice')
      if (row.line > next) {
        yield some
        some = []
        yield* gap(next, row.line)
      }
      some.push(row)
      next = row.line + 1
    }
    yield some
  }
}

/** Lines without cells; there may be a million of them. */
const gap = function* (from: number, to: number): Iterable<readonly TableRow[]> {
  for (let line = from; line < to; line++) yield [{ line, cells: [] }]
}

const textOf = (type: string, style: number, value: string, look: Look): string => {
  switch (type) {
    case 's':
      return cleanCell(look.shared[Number(value)] ?? '')
    case 'n':
      if (value === '') return ''
      return look.dates[style] === true ? dateText(value, look.is1904) : numberText(value)
    case 'b':
      return value === '1' ? 'TRUE' : 'FALSE'
    case 'e':
      return ''
    default: // str, inlineStr, d
      return cleanCell(value)
  }
}

/** `AB12` → 28. */
const columnOf = (reference: string): number => {
  let column = 0
  for (let at = 0; at < reference.length; at++) {
    const letter = reference.charCodeAt(at) - 64
    if (letter < 1 || letter > 26) break
    column = column * 26 + letter
  }
  return column
}
