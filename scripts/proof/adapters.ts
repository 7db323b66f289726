/** Fifty thousand broken answers to the methods of each adapter; `ROBNU_TEST_SEED` says which. */
import type { Proof } from '../proof.ts'
import { runTest } from './support/suite.ts'

export const run = async (): Promise<Proof> => ({
  name: 'adapters',
  figures: await runTest({
    file: 'tests/adapters/fuzz.test.ts',
    word: 'Struck',
    env: { ROBNU_ADAPTER_BODIES: '50000' },
  }),
})
