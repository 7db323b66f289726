/** Exceptions from the roles, for single persons: those that a request is judged by. */
import type { Database } from '../db/database.ts'
import type { Override } from './decide.ts'
import { readOwn } from './override-rows.ts'

export interface Overrides {
  /** Those of a person, expired ones included: the guard looks at the clock. */
  readonly of: (person: {
    readonly sellerId: string
    readonly userId: string
    readonly authzVersion: string
  }) => Promise<readonly Override[]>
}

const maxKnown = 10_000

export const createOverrides = (db: Pick<Database, 'gate'>): Overrides => {
  // the version moves with every change: what was read for one that still holds is still true
  const known = new Map<string, readonly Override[]>()
  return {
    of: async (person) => {
      const key = `${person.sellerId}/${person.userId}/${person.authzVersion}`
      const found = known.get(key)
      if (found !== undefined) return found
      const own = await readOwn(db, person)
      if (known.size >= maxKnown) known.clear()
      known.set(key, own)
      return own
    },
  }
}
