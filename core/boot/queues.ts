/** What people see and change of work and queues, put together. */
import type { Config } from '../config.ts'
import type { Host } from '../host/host.ts'
import type { Services } from '../http/services.ts'
import { createAccountCare } from '../ledger/account-care.ts'
import { readAccountHealth } from '../ledger/account-health.ts'
import type { AccountsDeps } from '../ledger/accounts.ts'
import { createDeadLetters, createStaffDeadLetters } from '../ledger/dead-letters.ts'
import { createSwitches } from '../queues/switches.ts'
import { sweepIds } from './sweeps.ts'

export const queueServices = (
  house: AccountsDeps & { readonly config: Config; readonly host: Host },
): Pick<Services, 'care' | 'deadLetters' | 'staffQueues'> => {
  const { db, wake, host, config } = house
  return {
    care: {
      ...createAccountCare(house),
      health: (entry, ask) => readAccountHealth(house, entry, ask),
    },
    deadLetters: createDeadLetters({ db, wake }),
    staffQueues: {
      letters: createStaffDeadLetters({ db, wake }),
      switches: createSwitches({
        ...{ db, wake, defaults: config.sweepDefaults, sweeps: sweepIds(host) },
        marketplaces: host.marketplaces.map(({ code }) => code),
      }),
    },
  }
}
