/** A small PDF of plain lines: what an upstream gives as label or invoice, and a reader can check. */

const linesPerPage = 60
const [pageWidth, pageHeight, margin, leading] = [595, 842, 40, 12] // A4, in points

/**
 * One line of text below the other, in a fixed pitch; a new page after sixty. The same lines give
 * the same bytes. Streams are not packed, so that the text stands in the file as it is. Characters
 * outside ASCII become question marks.
 */
export const textPdf = (lines: readonly string[]): Uint8Array => {
  const pages = chunks(lines.length > 0 ? lines : [''])
  // objects 1 and 2 are catalogue and page tree, 3 is the font; then two for each page
  const kids = pages.map((_, at) => `${4 + at * 2} 0 R`).join(' ')
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>',
  ]
  for (const [at, page] of pages.entries()) {
    const text = contentOf(page)
    objects.push(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${pageWidth} ${pageHeight}] ` +
        `/Resources << /Font << /F1 3 0 R >> >> /Contents ${5 + at * 2} 0 R >>`,
      `<< /Length ${text.length} >>\nstream\n${text}\nendstream`,
    )
  }
  let file = '%PDF-1.4\n'
  const starts: number[] = []
  for (const [at, object] of objects.entries()) {
    starts.push(file.length)
    file += `${at + 1} 0 obj\n${object}\nendobj\n`
  }
  const table = file.length
  // every line of the table is twenty bytes long, its end included
  const rows = starts.map((start) => `${String(start).padStart(10, '0')} 00000 n \n`).join('')
  const size = objects.length + 1
  file += `xref\n0 ${size}\n0000000000 65535 f \n${rows}`
  file += `trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`
  return new TextEncoder().encode(file)
}

const chunks = (lines: readonly string[]): string[][] =>
  Array.from(
    { length: Math.ceil(lines.length / linesPerPage) },
    (_, at) => lines.slice(at * linesPerPage, (at + 1) * linesPerPage),
  )

const contentOf = (lines: readonly string[]): string => {
  const shown = lines.map((line) => `(${escaped(line)}) Tj T*`).join('\n')
  return `BT\n/F1 9 Tf\n${leading} TL\n${margin} ${pageHeight - margin} Td\n${shown}\nET`
}

const escaped = (line: string): string =>
  line.replace(/[^\x20-\x7e]/g, '?').replace(/[\\()]/g, (one) => `\\${one}`)
