/**
 * Five thousand messages, one in fifty of them bad in one of six ways, through real queues: the good ones
 * end, the dead letters are counted exactly with their reasons, and all pass when they are mended and sent
 * again. `ROBNU_POISON` says how many.
 */
import type { Proof } from '../proof.ts'
import { runTest } from './support/suite.ts'

export const run = async (): Promise<Proof> => ({
  name: 'poison',
  figures: await runTest({
    file: 'tests/queues/poison.test.ts',
    word: 'Poisoned',
    env: { ROBNU_POISON: '5000' },
  }),
})
