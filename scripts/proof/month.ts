/** Thirty days of every marketplace with trouble, held against the books of its sandbox. */
import type { Proof } from '../proof.ts'
import { runTest } from './support/suite.ts'

export const run = async (): Promise<Proof> => ({
  name: 'month',
  figures: await runTest({
    file: 'tests/month/month.test.ts',
    word: 'Months',
    env: { ROBNU_MONTH_DAYS: '30' },
  }),
})
