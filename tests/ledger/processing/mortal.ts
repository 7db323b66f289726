/** A worker that dies at a chosen moment: from then on nothing that it does has an effect. */
import type { Database } from '../../../core/db/database.ts'
import type { ProcessDeps } from '../../../core/ledger/processing/run-batch.ts'

export interface Mortal {
  readonly deps: Pick<ProcessDeps, 'db' | 'fetch' | 'keyring' | 'files'>
  readonly isDead: () => boolean
}

/**
 * Lives for so many effects: transactions, statements, requests, objects. The last one is done, or is
 * not (`before`), and nobody hears of it.
 */
export const mortal = (
  deps: ProcessDeps,
  { effects, before }: { readonly effects: number; readonly before: boolean },
): Mortal => {
  let left = effects
  let dead = false
  const once = async <T>(work: () => Promise<T>): Promise<T> => {
    if (dead) throw killed()
    left -= 1
    if (left > 0) return await work()
    dead = true
    if (!before) await work().catch(() => {})
    throw killed()
  }
  const db: Database = {
    ...deps.db,
    withSellerScope: (entry, work) => once(() => deps.db.withSellerScope(entry, work)),
    inSellerScope: (entry) => {
      const queries = deps.db.inSellerScope(entry)
      return {
        any: (statement) => once(() => queries.any(statement)),
        one: (statement) => once(() => queries.one(statement)),
        maybeOne: (statement) => once(() => queries.maybeOne(statement)),
        run: (statement) => once(() => queries.run(statement)),
      }
    },
  }
  return {
    deps: {
      db,
      keyring: deps.keyring,
      fetch: (input, init) => once(() => deps.fetch(input, init)),
      files: {
        put: (entry, file) => once(() => deps.files.put(entry, file)),
        get: deps.files.get,
      },
    },
    isDead: () => dead,
  }
}

const killed = (): Error => new Error('killed')
