/**
 * Two thousand objects through a storage that fails with one request in five: errors, resets, answers that
 * break off or are lost, halves that say they are the whole, in both directions. The SHA-256 of every
 * stored object is that of what was sent, no row says STORED without its object, nothing is left over.
 * `ROBNU_STORED`, `ROBNU_SEED`.
 */
import type { Proof } from '../proof.ts'
import { runTest } from './support/suite.ts'

export const run = async (): Promise<Proof> => ({
  name: 'storage',
  figures: await runTest({
    file: 'tests/storage/files.test.ts',
    word: 'Stored',
    env: { ROBNU_STORED: '2000' },
  }),
})
