/**
 * Ten thousand histories of twenty events each, told in random order and some of them more than once:
 * orders, parcels and timelines end alike. The suite's own test with more of them. `ROBNU_STATES` says
 * how many, `ROBNU_SEED` which ones.
 */
import type { Proof } from '../proof.ts'
import { runTest } from './support/suite.ts'

export const run = async (): Promise<Proof> => ({
  name: 'states',
  figures: await runTest({
    file: 'tests/ledger/states.test.ts',
    word: 'States',
    env: { ROBNU_STATES: '10000' },
  }),
})
