/**
 * Bodies that were made to hurt, over a real socket: each is answered with less than 100 ms of work,
 * client included, and grows the heap by less than 50 MiB. `ROBNU_BOMBS` says how often each is sent.
 */
import type { Proof } from '../proof.ts'
import { runTest } from './support/suite.ts'

export const run = async (): Promise<Proof> => ({
  name: 'bombs',
  figures: await runTest({
    file: 'tests/http/shapes.test.ts',
    word: 'Bombs',
    env: { ROBNU_BOMBS: '20' },
  }),
})
