/** A day of the POBs of AJIO's sandbox through real processes; `tests/month` is what the suite has of it. */
import type { Proof } from '../proof.ts'
import { runTest } from './support/suite.ts'

export const run = async (): Promise<Proof> => ({
  name: 'day',
  figures: await runTest({ file: 'tests/day/day.proof.ts', word: 'Days', env: {} }),
})
