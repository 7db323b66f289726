/** A house of Bazaar: its app can be killed, its sandbox disturbed, its database looked at. */
import { cleanEnvironment } from '../../scripts/proof/support/environment.ts'
import { type House, openHouse } from '../../scripts/proof/support/house.ts'
import { bazaarConfig } from './launcher.ts'

export const openBazaarHouse = (home: string): Promise<House> =>
  openHouse({
    home,
    env: {
      ...cleanEnvironment(),
      ROBNU_CONFIG: bazaarConfig,
      // the sweeps would ask for runs of their own
      ROBNU_RUN: 'api,worker',
      // longer than a poll of the queue: one that a killed app has left behind still takes messages
      ROBNU_LEASE_MS: '4000',
      // tests ask more often than a seller may
      ROBNU_LIMITS: 'burst=1000000/60,write=1000000/60,address=1000000/60',
    },
    sandboxSpeed: 600,
  })
