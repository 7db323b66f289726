/**
 * A seller's keys are rotated again and again by processes that are killed, beside others that write and
 * read and are killed as well. The suite has less of it, in one process: `tests/ledger/keys`.
 */
import type { Proof } from '../proof.ts'
import { runTest } from './support/suite.ts'

/** `ROBNU_ROTATED_ORDERS`, `ROBNU_ROTATIONS`, `ROBNU_KILLS` and `ROBNU_SEED` say other numbers. */
export const run = async (): Promise<Proof> => ({
  name: 'rotation',
  figures: await runTest({
    file: 'tests/ledger/keys/rotation.proof.ts',
    word: 'Rotated',
    env: { ROBNU_ROTATED_ORDERS: '3000', ROBNU_ROTATIONS: '6', ROBNU_KILLS: '60' },
  }),
})
