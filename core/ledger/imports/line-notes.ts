/** Which lines were not taken over, as ranges: a good file of a million lines leaves none. */
import type { Told } from './tell.ts'

export interface LineNote {
  readonly from: number
  /** The last one, inclusive. */
  readonly to: number
  readonly result: 'skipped' | 'rejected'
  readonly reason: string
}

/** Neighbouring lines with one result and reason become one note. */
export const notesOf = (told: readonly Told[]): readonly LineNote[] => {
  const single = told.flatMap((one) => {
    if ('row' in one) return []
    const result = 'skipped' in one ? 'skipped' as const : 'rejected' as const
    const reason = 'skipped' in one ? one.skipped : one.rejected
    return one.lines.map((line) => ({ from: line, to: line, result, reason }))
  }).toSorted((a, b) => a.from - b.from)
  const notes: LineNote[] = []
  for (const note of single) {
    const last = notes.at(-1)
    const goesOn = last?.to === note.from - 1 && last.result === note.result &&
      last.reason === note.reason
    if (goesOn) notes.splice(-1, 1, { ...last, to: note.to })
    else notes.push(note)
  }
  return notes
}
