/** A newcomer writes a marketplace in an afternoon, from an empty folder, by the tutorial. */
import type { Proof } from '../proof.ts'
import { runTest } from './support/suite.ts'

export const run = async (): Promise<Proof> => ({
  name: 'tutorial',
  figures: await runTest({ file: 'tests/tutorial/tutorial.proof.ts', word: 'Read', env: {} }),
})
