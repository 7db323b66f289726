/** A sheet to write on: text in columns, tables over several pages, barcodes. PDF by pdfkit. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

interface TextStyle {
  readonly size?: number
  readonly bold?: boolean
  readonly align?: 'left' | 'right' | 'center'
}
interface Column {
  readonly title: string
  readonly width: number
  readonly align?: 'left' | 'right' | 'center'
}
export interface Paper {
  /** In points, without the margins. */
  readonly width: number
  readonly left: number
  readonly bottom: number
  /** Writes into a column of this width and answers how high it was. */
  readonly text: (text: string, x: number, y: number, width: number, style?: TextStyle) => number
  /** How high the text would be. */
  readonly height: (text: string, width: number, style?: TextStyle) => number
  readonly rule: (y: number) => void
  readonly box: (x: number, y: number, width: number, height: number) => void
  /** Rows over as many pages as they take; answers where the next thing goes. */
  readonly table: (
    columns: readonly Column[],
    rows: readonly (readonly string[])[],
    y: number,
    style?: TextStyle,
  ) => number
  /** Code 128 with its text below; nothing for a text that it cannot hold. */
  readonly barcode: (text: string, x: number, y: number, width: number, height: number) => void
  /** Where something of this height goes: below, or at the top of a new page. */
  readonly fit: (y: number, height: number) => number
  readonly end: () => Promise<Uint8Array>
}
export interface PaperOptions {
  /** In points; A4 where nothing is said. */
  readonly size?: readonly [number, number]
  readonly margin?: number
  readonly title: string
  /** Stands in the file: the same record gives the same bytes. */
  readonly at: Date
}

const a4: readonly [number, number] = [595.28, 841.89]
const leading = 1.25
/** Fonts differ in what they leave above a letter: what is written in two stands on one line. */
const ascent = 0.8
const line = { lineBreak: false, baseline: 'alphabetic' } as const

// loaded where papers are made: most processes make none
const libraries = async () => {
  const [{ default: PDFDocument }, { code128 }] = await Promise.all([
    import('pdfkit'),
    import('bwip-js/generic'),
  ])
  return { PDFDocument, code128 }
}
const require = createRequire(import.meta.url)
const fontFiles = [
  require.resolve('@fontsource/noto-sans/files/noto-sans-devanagari-400-normal.woff'),
  require.resolve('@fontsource/noto-sans/files/noto-sans-devanagari-700-normal.woff'),
] as const

export const createPaper = async (options: PaperOptions): Promise<Paper> => {
  const { PDFDocument, code128 } = await libraries()
  const { size = a4, margin = 36, title, at } = options
  const [pageWidth, pageHeight] = size
  const doc = new PDFDocument({
    ...{ size: [pageWidth, pageHeight], margin: 0, bufferPages: true, compress: true },
    info: { Title: title, Producer: 'Robnu', Creator: 'Robnu', CreationDate: at },
  })
  const chunks: Uint8Array[] = []
  doc.on('data', (chunk: Uint8Array) => chunks.push(chunk))
  const ended = new Promise<void>((resolve, reject) => doc.on('end', resolve).on('error', reject))
  // read when a text asks for it: parsing it takes longer than the rest of the paper
  const needed = { 400: false, 700: false }
  const [regular, heavy] = await devanagari()
  const [width, left, bottom] = [pageWidth - 2 * margin, margin, pageHeight - margin]

  const fontOf = ({ isIndian }: Run, bold: boolean): string => {
    if (!isIndian) return bold ? 'Helvetica-Bold' : 'Helvetica'
    const weight = bold ? 700 : 400
    const name = `Devanagari-${weight}`
    if (!needed[weight]) doc.registerFont(name, bold ? heavy : regular)
    needed[weight] = true
    return name
  }
  const measure = (runs: readonly Run[], size: number, bold: boolean): number =>
    runs.reduce(
      (sum, run) => sum + doc.font(fontOf(run, bold)).fontSize(size).widthOfString(run.text),
      0,
    )
  const linesOf = (text: string, room: number, size: number, bold: boolean): Run[][] =>
    wrap(text, room, (part) => measure(runsOf(part), size, bold)).map(runsOf)

  const text: Paper['text'] = (value, x, y, room, style = {}) => {
    const { size = 9, bold = false, align = 'left' } = style
    const lines = linesOf(value, room, size, bold)
    for (const [at, runs] of lines.entries()) {
      const spare = room - measure(runs, size, bold)
      let from = x + (align === 'right' ? spare : align === 'center' ? spare / 2 : 0)
      for (const run of runs) {
        doc.font(fontOf(run, bold)).fontSize(size)
          .text(run.text, from, y + (at * leading + ascent) * size, line)
        from += doc.widthOfString(run.text)
      }
    }
    return lines.length * size * leading
  }
  const height: Paper['height'] = (value, room, { size = 9, bold = false } = {}) =>
    linesOf(value, room, size, bold).length * size * leading
  const rule = (y: number): void => {
    doc.moveTo(left, y).lineTo(left + width, y).lineWidth(0.5).strokeColor('#555').stroke()
  }
  const fit = (y: number, height: number): number => {
    if (y + height <= bottom - 14) return y
    doc.addPage()
    return margin
  }
  const head = (columns: readonly Column[], y: number, size: number): number => {
    const heights = cells(columns).map(({ x, column }) =>
      text(column.title, x, y + 3, column.width - 6, { size, bold: true, ...alignOf(column) })
    )
    const below = y + Math.max(...heights) + 6
    rule(y)
    rule(below)
    return below
  }
  const cells = (columns: readonly Column[]) => {
    let x = left + 3
    return columns.map((column) => {
      const cell = { x, column }
      x += column.width
      return cell
    })
  }
  const table: Paper['table'] = (columns, rows, from, { size = 8 } = {}) => {
    let y = head(columns, fit(from, 60), size)
    for (const row of rows) {
      const heights = columns.map((column, at) =>
        linesOf(row[at] ?? '', column.width - 6, size, false).length * size * leading
      )
      const height = Math.max(...heights) + 5
      const at = fit(y, height)
      if (at !== y) y = head(columns, at, size)
      for (const [index, { x, column }] of cells(columns).entries()) {
        text(row[index] ?? '', x, y + 3, column.width - 6, { size, ...alignOf(column) })
      }
      y += height
    }
    rule(y)
    return y
  }

  return {
    ...{ width, left, bottom, text, height, rule, table, fit },
    box: (x, y, w, h) => void doc.rect(x, y, w, h).lineWidth(0.5).strokeColor('#555').stroke(),
    barcode: (value, x, y, room, height) => {
      if (!/^[\x20-\x7e]{1,48}$/.test(value)) return
      const bars: (readonly [number, number])[] = []
      let total = 0
      code128({ bcid: 'code128', text: value, height: 10 }, {
        scale: () => [1, 1],
        measure: () => ({ width: 0, ascent: 0, descent: 0 }),
        init: (wide) => void (total = wide),
        line: (middle, _y0, _x1, _y1, wide) => void bars.push([middle - wide / 2, wide]),
        ...{ polygon: () => {}, hexagon: () => {}, ellipse: () => {}, fill: () => {} },
        ...{ text: () => {}, end: () => null },
      })
      // whole parts of a point, so that narrow bars stay as wide as each other
      const unit = Math.max(0.5, Math.floor((room / total) * 4) / 4)
      const start = x + Math.max(0, (room - total * unit) / 2)
      for (const [from, wide] of bars) {
        doc.rect(start + from * unit, y, wide * unit, height).fill('#000')
      }
      text(value, x, y + height + 2, room, { size: 9, align: 'center' })
    },
    end: async () => {
      const { count } = doc.bufferedPageRange()
      for (let page = 0; count > 1 && page < count; page++) {
        doc.switchToPage(page)
        const at = bottom - 8
        text(`${title} - page ${page + 1} of ${count}`, left, at, width, {
          ...{ size: 7, align: 'right' },
        })
      }
      doc.end()
      await ended
      return joined(chunks)
    },
  }
}

const joined = (chunks: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

const alignOf = ({ align }: Column) => align === undefined ? {} : { align }

let loaded: Promise<readonly [Uint8Array, Uint8Array]> | undefined
const devanagari = (): Promise<readonly [Uint8Array, Uint8Array]> =>
  loaded ??= Promise.all([readFile(fontFiles[0]), readFile(fontFiles[1])])

interface Run {
  readonly text: string
  readonly isIndian: boolean
}

/** What the standard fonts hold (Latin), what Noto Sans holds (Devanagari, the sign of the rupee). */
const latin = /[\x20-\x7e\u00a0-\u00ff\u2013\u2014\u2018\u2019\u201c\u201d\u2022\u2026]/u
const indian = /[\u0900-\u097f\u1cd0-\u1cf9\u200c\u200d\u20b9\ua8e0-\ua8ff]/u

/** Parts of one script; characters of none of the fonts become question marks. */
const runsOf = (value: string): Run[] => {
  const runs: { text: string; isIndian: boolean }[] = []
  for (const one of value) {
    const isIndian = indian.test(one)
    const shown = isIndian || latin.test(one) ? one : '?'
    const last = runs.at(-1)
    // a blank between two words of one script belongs to it
    if (last && last.isIndian === isIndian) last.text += shown
    else runs.push({ text: shown, isIndian })
  }
  return runs
}

/** Lines by words; a word that is too long is broken where the room ends. */
const wrap = (value: string, room: number, measure: (text: string) => number): string[] => {
  const lines: string[] = []
  for (const paragraph of value.split('\n')) {
    let line = ''
    for (const word of paragraph.replaceAll(/\s+/g, ' ').trim().split(' ')) {
      const longer = line === '' ? word : `${line} ${word}`
      if (measure(longer) <= room) {
        line = longer
        continue
      }
      if (line !== '') lines.push(line)
      line = word
      while (measure(line) > room && line.length > 1) {
        let end = line.length - 1
        while (end > 1 && measure(line.slice(0, end)) > room) end--
        lines.push(line.slice(0, end))
        line = line.slice(end)
      }
    }
    lines.push(line)
  }
  return lines
}
