/**
 * A seller who is far over the rate limit, and goes on, slows the one next door by half at most.
 * `ROBNU_NEIGHBOURS` says how many requests of the neighbour are timed.
 */
import type { Proof } from '../proof.ts'
import { runTest } from './support/suite.ts'

export const run = async (): Promise<Proof> => ({
  name: 'neighbours',
  figures: await runTest({
    file: 'tests/http/neighbours.test.ts',
    word: 'Neighbours',
    env: { ROBNU_NEIGHBOURS: '300' },
  }),
})
