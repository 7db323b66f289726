/**
 * Three good plugins, two of them in processes of their own, beside a fourth that exits, throws, leaks,
 * hangs and stalls, one after the other: they keep 95 % of the items a second that they have beside a
 * quiet one, and their processes stay. `ROBNU_ISOLATION` says for how many seconds a round measures.
 */
import type { Proof } from '../proof.ts'
import { runTest } from './support/suite.ts'

export const run = async (): Promise<Proof> => ({
  name: 'isolation',
  figures: await runTest({
    file: 'tests/host/isolated/neighbours.test.ts',
    word: 'Isolated',
    env: { ROBNU_ISOLATION: '30' },
  }),
})
