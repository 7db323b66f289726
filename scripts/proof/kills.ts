/**
 * Workers are killed every one to five seconds while 20,000 orders are pulled and 500 of them
 * processed, with answers of the marketplace lost on the way. The suite has less of it, in
 * `tests/start/killed.test.ts` and `tests/ledger/processing/kills.test.ts`.
 */
import type { Proof } from '../proof.ts'
import { runTest } from './support/suite.ts'

/** `ROBNU_KILL_ORDERS`, `ROBNU_KILL_PROCESSED`, `ROBNU_KILLS` and `ROBNU_KILL_MS` say other numbers. */
export const run = async (): Promise<Proof> => ({
  name: 'kills',
  figures: await runTest({
    file: 'tests/day/kills.proof.ts',
    word: 'Killed',
    env: {
      ROBNU_KILL_ORDERS: '20000',
      ROBNU_KILL_PROCESSED: '500',
      ROBNU_KILLS: '100',
      ROBNU_KILL_MS: '5000',
    },
  }),
})
