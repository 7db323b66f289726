/**
 * Staff, sellers and time move at random through all that an impersonation session can go through,
 * and a small model says what must come of each move: the suite's own walks, some thousand of them.
 * `ROBNU_WALKS` says how many, `ROBNU_WALK_SEED` which ones; with `ROBNU_WALK_PATH` of a failure's
 * report only that walk is taken.
 */
import type { Proof } from '../proof.ts'
import { runTest } from './support/suite.ts'

export const run = async (): Promise<Proof> => ({
  name: 'impersonation',
  figures: await runTest({
    file: 'tests/tenancy/impersonation-walks.test.ts',
    word: 'Walked',
    env: { ROBNU_WALKS: '5000' },
  }),
})
