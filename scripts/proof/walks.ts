/**
 * Three sellers at a time walk through the whole application at random, and every answer is judged
 * by a model that knows which row belongs to whom: the suite's own walks, some thousand of them.
 */
import type { Proof } from '../proof.ts'
import { runTest } from './support/suite.ts'

/**
 * `ROBNU_WALKS` says how many, `ROBNU_WALK_SEED` which ones; with `ROBNU_WALK_PATH` of a failure's
 * report only that walk is taken.
 */
export const run = async (): Promise<Proof> => ({
  name: 'walks',
  figures: await runTest({
    file: 'tests/isolation/walks.test.ts',
    word: 'Walked',
    env: { ROBNU_WALKS: '5000' },
  }),
})
