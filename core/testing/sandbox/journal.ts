/** What was done to a sandbox's world from outside, line by line: told again, it is the same world. */
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

const Entry = z.object({
  /** Milliseconds of the sandbox's clock. */
  at: z.number(),
  operation: z.string(),
  account: z.string(),
  body: z.unknown(),
})
export type JournalEntry = z.infer<typeof Entry>

export interface Journal {
  readonly before: readonly JournalEntry[]
  readonly add: (entry: JournalEntry) => void
}

/** In `dir`, or for as long as the process lives; another seed is another world. */
export const openJournal = (dir: string | undefined, seed: number): Journal => {
  if (dir === undefined) return { before: [], add: () => {} }
  mkdirSync(dir, { recursive: true })
  const file = join(dir, `acts-${seed}.jsonl`)
  return {
    before: read(file),
    add: (entry) => appendFileSync(file, `${JSON.stringify(entry)}\n`),
  }
}

const read = (file: string): JournalEntry[] => {
  let text = ''
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ENOENT') throw error
  }
  // after a kill the last line may be half a line: what it would have told was answered to nobody
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  if (whole !== text) writeFileSync(file, whole)
  return whole.split('\n').slice(0, -1).map((line) => Entry.parse(JSON.parse(line)))
}
