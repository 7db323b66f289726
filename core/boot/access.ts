/** Who may do what besides the roles, put together: API keys, exceptions, and buyers: found, in clear. */
import { createApiKeys } from '../auth/api-keys.ts'
import { createKeyDesk } from '../auth/key-desk.ts'
import { createLimiter } from '../auth/limits/limiter.ts'
import type { LimitStore } from '../auth/limits/store.ts'
import type { Keyring } from '../crypto/keyring.ts'
import { systemRandom } from '../crypto/random.ts'
import type { Database } from '../db/database.ts'
import type { Services } from '../http/services.ts'
import { newId } from '../ids.ts'
import { createPrincipals, principalPolicy } from '../ledger/principals/principals.ts'
import type { StayingConfig } from '../ledger/principals/what-stays.ts'
import { createReveals, revealPolicy } from '../ledger/reveal.ts'
import { createSearch, searchPolicy } from '../ledger/search/search.ts'
import type { Log } from '../log.ts'
import type { Policy } from '../rate-limits.ts'
import { createOverrideDesk } from '../rbac/override-desk.ts'
import { createOverrides } from '../rbac/overrides.ts'
import type { PermissionTable } from '../rbac/permissions.ts'

interface AccessDeps {
  readonly db: Database
  readonly keyring: Keyring
  /** Where the processes count together. */
  readonly store: LimitStore
  readonly clock: () => Date
  readonly log: Log
  readonly config: StayingConfig
}
type Access = Pick<
  Services,
  'keys' | 'keyDesk' | 'overrides' | 'reveals' | 'search' | 'principals'
>

/** Close `keys` when no request is under way any more. */
export const accessServices = (
  { db, keyring, store, clock, log, config }: AccessDeps,
): Access => {
  const made = { db, now: clock, newId: () => newId() }
  // without leases: the count of a person is exact, whichever process they ask
  const limiterOf = (policy: Policy) =>
    createLimiter({ policy, store, now: () => clock().getTime(), maxLease: 1 })
  return {
    keys: createApiKeys({ db, log, now: clock }),
    keyDesk: createKeyDesk({ ...made, random: systemRandom }),
    overrides: createOverrides(db),
    reveals: createReveals({ db, keyring, limiter: limiterOf(revealPolicy) }),
    search: createSearch({ db, keyring, limiter: limiterOf(searchPolicy) }),
    principals: createPrincipals({ db, keyring, config, limiter: limiterOf(principalPolicy) }),
  }
}

/** Of a set of plugins: they bring permissions. */
export const overrideDeskOf = (
  { db, clock: now }: Pick<AccessDeps, 'db' | 'clock'>,
  permissions: PermissionTable,
): Services['overrideDesk'] => createOverrideDesk({ db, now, newId: () => newId(), permissions })
