/** One call of an adapter with the account's credentials, and again after each refresh. */
import type { Keyring } from '../crypto/keyring.ts'
import type { OpeningPurpose } from '../crypto/purposes.ts'
import type { Database } from '../db/database.ts'
import { type Account, type Context, failureKind, type Marketplace } from '../plugin.ts'
import type { LeasedWork } from '../queues/work.ts'
import { needsReconnect, refreshCredentials } from './credentials.ts'
import { createPatience } from './patience.ts'
import { openAccount } from './run-load.ts'

export interface AccountDeps {
  readonly db: Database
  readonly keyring: Keyring
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
}

/**
 * Resolves as `call` does. A refusal of the credentials is answered by a refresh, and a second one by
 * the seller: the account says that it has to be connected anew. `purpose` is why they were opened.
 */
export const withAccount = async <T>(
  { db, keyring, sleep }: AccountDeps,
  work: Pick<LeasedWork, 'entry' | 'accountId' | 'runId'>,
  to: {
    readonly marketplace: Marketplace
    readonly context: Context
    readonly purpose: OpeningPurpose
  },
  call: (account: Account<unknown, unknown>) => Promise<T>,
): Promise<T> => {
  const { marketplace, context, purpose } = to
  const { entry, accountId, runId } = work
  const patience = createPatience()
  for (;;) {
    const keys = await keyring.forSeller(entry)
    const { account, version } = await db.withSellerScope(
      entry,
      (scope) => openAccount(scope, keys, marketplace, accountId, purpose),
    )
    try {
      return await call(account)
    } catch (error) {
      if (failureKind(error) !== 'auth') throw error
      const ask = marketplace.adapter.refresh
      if (!ask || patience.isOver(error, 0)) {
        await db.withSellerScope(
          entry,
          (scope) => needsReconnect(scope, { account, runId }, (error as Error).message),
        )
        throw error
      }
      await refreshCredentials({
        ...{ db, keyring, sleep, entry, marketplace, account, version, runId, context, ask },
      })
    }
  }
}
