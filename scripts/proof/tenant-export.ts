/**
 * All that a seller of a million rows has, two hundred thousand of them with buyers, written into files:
 * every row, every opening in the ledger, and less than 64 MiB more memory than at its first byte.
 * `ROBNU_EXPORT_ROWS` says how many.
 */
import type { Proof } from '../proof.ts'
import { runTest } from './support/suite.ts'

export const run = async (): Promise<Proof> => ({
  name: 'tenant-export',
  figures: await runTest({
    file: 'tests/ledger/tenant-export.proof.ts',
    word: 'Exported',
    env: {},
  }),
})
