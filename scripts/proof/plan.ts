/**
 * Eight workers store new, changed, corrected and unchanged orders of one seller, and some of their
 * pages are rolled back: the count of each day is that of its orders. The suite's own property, a
 * hundred rounds of it. `ROBNU_ROUNDS` says how many, `ROBNU_SEED` which ones.
 */
import type { Proof } from '../proof.ts'
import { runTest } from './support/suite.ts'

export const run = async (): Promise<Proof> => ({
  name: 'plan',
  figures: await runTest({
    file: 'tests/tenancy/plan.test.ts',
    word: 'Counted',
    env: { ROBNU_ROUNDS: '100' },
  }),
})
