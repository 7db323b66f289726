/**
 * A hundred thousand checkouts of four connections by 32 clients, with aborts, statement timeouts,
 * cancels, ended backends and cut sockets: the first statement of each sees its own seller, or an
 * error. `ROBNU_CHECKOUTS` says how many, `ROBNU_SEED` which ones.
 */
import type { Proof } from '../proof.ts'
import { runTest } from './support/suite.ts'

export const run = async (): Promise<Proof> => ({
  name: 'pool-chaos',
  figures: await runTest({
    file: 'tests/isolation/pool.test.ts',
    word: 'Checked out',
    env: { ROBNU_CHECKOUTS: '100000' },
  }),
})
