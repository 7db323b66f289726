/**
 * Random days of orders, cancellations, shipments, counts, mappings and pushes, with workers that die
 * and answers that are lost: on hand, holds and offers are those of a book, and once it is quiet so is
 * the marketplace. The suite's own property, five hundred days of it. `ROBNU_ROUNDS` says how many,
 * `ROBNU_SEED` which ones.
 */
import type { Proof } from '../proof.ts'
import { runTest } from './support/suite.ts'

export const run = async (): Promise<Proof> => ({
  name: 'stock',
  figures: await runTest({
    file: 'tests/ledger/inventory/model.test.ts',
    word: 'Kept',
    env: { ROBNU_ROUNDS: '500' },
  }),
})
