/**
 * A hundred refreshes of one token at once, on two nodes, and an old token that comes back: the suite's
 * own test, a thousand rounds of it. `ROBNU_ROUNDS` says how many, `ROBNU_SEED` which ones.
 */
import type { Proof } from '../proof.ts'
import { runTest } from './support/suite.ts'

export const run = async (): Promise<Proof> => ({
  name: 'refresh',
  figures: await runTest({
    file: 'tests/http/refresh-races.test.ts',
    word: 'Raced',
    env: { ROBNU_ROUNDS: '1000' },
  }),
})
