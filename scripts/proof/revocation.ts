/**
 * Sessions that end, and roles that change, while requests run on two nodes: the suite's
 * own test, a thousand rounds of it. `ROBNU_ROUNDS` says how many, `ROBNU_SEED` which ones.
 */
import type { Proof } from '../proof.ts'
import { runTest } from './support/suite.ts'

export const run = async (): Promise<Proof> => ({
  name: 'revocation',
  figures: await runTest({
    file: 'tests/http/revocation-races.test.ts',
    word: 'Raced',
    env: { ROBNU_ROUNDS: '1000' },
  }),
})
