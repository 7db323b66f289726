/** The keys of the KMS emulator and the file that keeps them. */
import { z } from 'zod'
import { localFault } from './faults.ts'
import { assertClosed, readText, removeDrafts, replaceFile } from './files.ts'

const Key = z.object({
  id: z.string(),
  description: z.string(),
  state: z.enum(['Enabled', 'Disabled', 'PendingDeletion']),
  createdAt: z.number(),
  deleteAt: z.number().optional(),
  rotates: z.boolean(),
  /** Of the rotation that comes by itself. */
  rotationDays: z.number().default(365),
  /** When it was switched on. */
  rotatesSince: z.number().optional(),
  rotations: z.array(z.object({ at: z.number(), type: z.enum(['AUTOMATIC', 'ON_DEMAND']) }))
    .default([]),
  /** All key material ever used, oldest first, base64: a rotation adds to it, and old ciphertexts stay readable. */
  versions: z.array(z.string()).min(1),
  tags: z.record(z.string(), z.string()),
})
const State = z.object({
  keys: z.record(z.string(), Key),
  /** `alias/…` → key id */
  aliases: z.record(z.string(), z.string()),
})

export type Key = z.infer<typeof Key>
export type State = z.infer<typeof State>

export interface KeyFile {
  readonly state: State
  /**
   * Writes before the call is answered: a key that is lost takes with it all that it sealed. Where that
   * fails nothing has happened: a key that is in memory alone would be used by the next call.
   */
  readonly save: () => void
}

/**
 * Without a file the keys live in memory only. Refuses a file that others may read, or a folder in which
 * they may put another one: what these keys wrap would be theirs.
 */
export const openKeyFile = (file?: string): KeyFile => {
  if (file === undefined) return { state: { keys: {}, aliases: {} }, save: () => {} }
  assertClosed(file)
  removeDrafts(file)
  const state = readState(file)
  let saved = JSON.stringify(state)
  const save = (): void => {
    const text = JSON.stringify(state)
    try {
      replaceFile(file, text)
      saved = text
    } catch (error) {
      Object.assign(state, State.parse(JSON.parse(saved)))
      throw error
    }
  }
  return { state, save }
}

const readState = (file: string): State => {
  const text = readText(file)
  if (text === undefined) return { keys: {}, aliases: {} }
  try {
    return State.parse(JSON.parse(text))
  } catch (error) {
    throw localFault(`Cannot read the keys in "${file}": the file is damaged`, error)
  }
}
