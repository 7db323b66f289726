/**
 * A hundred thousand deliveries: each message comes one to five times, shuffled, to eight workers, some of
 * which die before or behind the effect; one effect each. `ROBNU_DELIVERIES`, `ROBNU_SEED`.
 */
import type { Proof } from '../proof.ts'
import { runTest } from './support/suite.ts'

export const run = async (): Promise<Proof> => ({
  name: 'deliveries',
  figures: await runTest({
    file: 'tests/queues/deliveries.test.ts',
    word: 'Delivered',
    env: { ROBNU_DELIVERIES: '100000' },
  }),
})
