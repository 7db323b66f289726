/** The demo with Amazon.in from nothing, held against the books of its sandbox, twice. */
import type { Proof } from '../proof.ts'
import { runTest } from './support/suite.ts'

export const run = async (): Promise<Proof> => ({
  name: 'first-light',
  figures: await runTest({
    file: 'marketplaces/amazon/tests/first-light.proof.ts',
    word: 'Lit',
    env: {},
  }),
})
