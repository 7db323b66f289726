/**
 * The suite's own test of sealed values with more of everything: ciphertexts that are swapped along each
 * axis of their place, every single bit of a hundred values, a million nonces.
 */
import type { Proof } from '../proof.ts'
import { runTest } from './support/suite.ts'

/** `ROBNU_SWAPS`, `ROBNU_FLIPS` and `ROBNU_NONCES` say other numbers. */
export const run = async (): Promise<Proof> => ({
  name: 'envelope',
  figures: await runTest({
    file: 'tests/crypto/seal.test.ts',
    word: 'Refused',
    env: { ROBNU_SWAPS: '5000', ROBNU_FLIPS: '100', ROBNU_NONCES: '1000000' },
  }),
})
