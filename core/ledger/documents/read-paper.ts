/** Reads the text of a PDF and what it says of quantities. The paper is somebody else's. */
import type { RecordLine } from './record.ts'

/** Lines of text as they stand on the paper; null for what is no readable PDF. */
export const textOfPdf = async (bytes: Uint8Array): Promise<string | null> => {
  // loaded where papers are read: most processes read none
  const { extractText, getDocumentProxy } = await import('unpdf')
  try {
    // a copy: the reader takes the bytes over
    const pdf = await getDocumentProxy(bytes.slice(), { verbosity: 0 })
    try {
      const { text } = await extractText(pdf, { mergePages: false })
      return text.join('\n')
    } finally {
      await pdf.loadingTask.destroy()
    }
  } catch {
    return null
  }
}

const quantityNear = /\b(?:qty|quantity)\b\W{0,3}(\d{1,6})\b|\b(\d{1,6})\s*(?:pcs|pieces|nos)\b/i

/**
 * Quantities by line, where the paper tells them: a line of text with the sku (or the marketplace's
 * own id) and a number behind `Qty`. Null where it tells none of them.
 */
export const quantitiesIn = (
  text: string,
  lines: readonly Pick<RecordLine, 'externalId' | 'sku'>[],
): Readonly<Record<string, number>> | null => {
  const rows = text.split('\n')
  const found: Record<string, number> = {}
  for (const { externalId, sku } of lines) {
    const names = [sku, externalId].filter((name) => name !== null && name !== '')
    // several lines of one sku are told apart by nothing: such a paper tells nothing
    if (lines.filter((other) => sku !== null && other.sku === sku).length > 1) continue
    const row = rows.find((one) => names.some((name) => name && words(one).includes(name)))
    const match = row === undefined ? null : quantityNear.exec(row)
    const number = match?.[1] ?? match?.[2]
    if (number !== undefined) found[externalId] = Number(number)
  }
  return Object.keys(found).length === 0 ? null : found
}

const words = (row: string): readonly string[] => row.split(/[\s,;:|()]+/)
