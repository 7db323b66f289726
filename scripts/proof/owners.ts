/**
 * Two OWNERs who demote, remove and replace each other at the same moment, or leave: the suite's own
 * race, a thousand rounds of it. `ROBNU_ROUNDS` says how many.
 */
import type { Proof } from '../proof.ts'
import { runTest } from './support/suite.ts'

export const run = async (): Promise<Proof> => ({
  name: 'owners',
  figures: await runTest({
    file: 'tests/tenancy/owners.test.ts',
    word: 'Owned',
    env: { ROBNU_ROUNDS: '1000' },
  }),
})
