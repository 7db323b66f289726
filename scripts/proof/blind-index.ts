/**
 * A hundred thousand buyers of one seller, in random spellings: each is found by phone number and by
 * e-mail address, alone; as many strangers are found by nobody. The suite's own test with more of them.
 * `ROBNU_BUYERS` says how many, `ROBNU_SEED` in which spellings.
 */
import type { Proof } from '../proof.ts'
import { runTest } from './support/suite.ts'

export const run = async (): Promise<Proof> => ({
  name: 'blind-index',
  figures: await runTest({
    file: 'tests/ledger/search/false-matches.test.ts',
    word: 'Buyers',
    env: { ROBNU_BUYERS: '100000' },
  }),
})
