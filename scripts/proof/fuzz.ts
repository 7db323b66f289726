/**
 * Requests made at random from the OpenAPI document, by everybody, against the whole application:
 * the suite's own fuzz, twenty thousand requests and more. `ROBNU_FUZZ` says how many,
 * `ROBNU_FUZZ_SEED` which ones.
 */
import type { Proof } from '../proof.ts'
import { runTest } from './support/suite.ts'

export const run = async (): Promise<Proof> => ({
  name: 'fuzz',
  figures: await runTest({
    file: 'tests/http/fuzz.test.ts',
    word: 'Fuzzed',
    env: { ROBNU_FUZZ: '20000' },
  }),
})
