/** Columns that are sums of others, as their own headings say: `Marketplace Fee (Rs.) = SUM (V:AI)`. */
import { exactOf, keyOf, plain } from './cells.ts'

export interface Sum {
  readonly at: number
  readonly from: number
  readonly to: number
}

/** A heading without its formula. */
export const nameOf = (heading: string): string => keyOf(heading).replace(/\s*=\s*sum\s*\(.*$/, '')

/** Undefined for a heading that says nothing of a sum. */
export const sumOf = (heading: string, at: number): Sum | undefined => {
  const found = /=\s*sum\s*\(\s*([a-z]{1,2})\s*:\s*([a-z]{1,2})\s*\)/i.exec(heading)
  return found ? { at, from: columnOf(found[1] ?? ''), to: columnOf(found[2] ?? '') } : undefined
}

/** `AA` → 26. */
const columnOf = (letters: string): number =>
  [...letters.toUpperCase()].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1

/** Two paise: each part is rounded by itself. In ten-thousandths of a rupee. */
const tolerance = 200n

/** Undefined: one of the cells is no amount. */
export const addsUp = (cells: readonly string[], { at, from, to }: Sum): boolean | undefined => {
  const total = exactOf(plain(cells[at] ?? ''))
  let sum = 0n
  for (let column = from; column <= to; column++) {
    const cell = cells[column] ?? ''
    // most columns of most lines hold nothing
    if (cell === '' || cell === '0' || cell === '0.00') continue
    const amount = exactOf(plain(cell))
    if (amount === undefined) return undefined
    sum += amount
  }
  if (total === undefined) return undefined
  const off = total - sum
  return off <= tolerance && off >= -tolerance
}
