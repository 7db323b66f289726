/** Lines of one row brought together, wherever they stand in the file, without holding the file. */
import type { ReportRecord } from '../plugin.ts'
import { createMarkCounts, type MarkCounts } from './mark-counts.ts'
import { maxHeldChars, maxLinesOfRow } from './limits.ts'
import { refuse } from './source.ts'

/**
 * The records so that those with one key come one after the other. A first pass counts the lines of
 * each key (some bytes a key); later ones hold what has begun until its last line has come.
 * What would be too much to hold waits for one more pass, so a file in no order at all costs passes,
 * never memory. Records without a key come in their place. The same file comes in the same order.
 */
export const inGroups = async function* (
  open: () => AsyncIterable<readonly ReportRecord[]>,
  keyOf: (record: ReportRecord) => string,
  maxChars = maxHeldChars,
): AsyncIterable<ReportRecord> {
  const counts = await countKeys(open(), keyOf)
  let turn: ReadonlySet<number> | undefined
  do {
    const held = new Map<string, Group>()
    const later = new Set<number>()
    let reserved = 0
    for await (const records of open()) {
      for (const record of records) {
        const key = keyOf(record)
        const mark = markOf(key)
        if (turn !== undefined && !turn.has(mark) || later.has(mark)) continue
        const count = key === '' ? 1 : counts.of(mark)
        if (count === 1) {
          yield record
          continue
        }
        let group = held.get(key)
        if (!group) {
          const chars = count * charsOf(record)
          if (held.size > 0 && reserved + chars > maxChars) {
            later.add(mark)
            continue
          }
          group = { chars, records: [] }
          held.set(key, group)
          reserved += chars
        }
        group.records.push(record)
        if (group.records.length < count) continue
        held.delete(key)
        reserved -= group.chars
        yield* group.records
      }
    }
    // two keys of one mark were counted as one
    for (const { records } of held.values()) yield* records
    turn = later
  } while (turn.size > 0)
}

interface Group {
  /** About what all of it will take. */
  readonly chars: number
  readonly records: ReportRecord[]
}

const countKeys = async (
  batches: AsyncIterable<readonly ReportRecord[]>,
  keyOf: (record: ReportRecord) => string,
): Promise<MarkCounts> => {
  const counts = createMarkCounts()
  for await (const records of batches) {
    for (const record of records) {
      const key = keyOf(record)
      if (key === '') continue
      if (counts.add(markOf(key)) > maxLinesOfRow) {
        throw refuse(
          `More than ${maxLinesOfRow} lines of one row stand there, up to ${record.line}`,
        )
      }
    }
  }
  return counts
}

const charsOf = ({ cells }: ReportRecord): number =>
  cells.reduce((sum, cell) => sum + cell.length, 64)

/** 53 bits of a key (cyrb53): a number takes less room than a text. */
const markOf = (key: string): number => {
  let [a, b] = [0xdeadbeef, 0x41c6ce57]
  for (let at = 0; at < key.length; at++) {
    const code = key.charCodeAt(at)
    a = Math.imul(a ^ code, 2_654_435_761)
    b = Math.imul(b ^ code, 1_597_334_677)
  }
  a = Math.imul(a ^ (a >>> 16), 2_246_822_507) ^ Math.imul(b ^ (b >>> 13), 3_266_489_909)
  b = Math.imul(b ^ (b >>> 16), 2_246_822_507) ^ Math.imul(a ^ (a >>> 13), 3_266_489_909)
  return 4_294_967_296 * (2_097_151 & b) + (a >>> 0)
}
