/** What a transaction wanted kept although it came to nothing. */
import type { Queries } from './database.ts'
import type { Statement } from './sql.ts'

export type Keep = () => Statement<unknown> | null

/** The connection that the gate is given may be as dead as the one before. */
const tries = 3

/** Sends each by the gate, in a transaction of its own. Never throws: why it was undone is to be heard. */
export const keepUndone = async (
  gate: Pick<Queries, 'run'>,
  undone: readonly Keep[],
): Promise<void> => {
  for (const keep of undone) {
    const statement = keep()
    for (let left = statement === null ? 0 : tries; statement !== null && left > 0; left--) {
      try {
        await gate.run(statement)
        break
      } catch {
        // the database is away, or this connection was
      }
    }
  }
}
