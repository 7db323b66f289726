/**
 * All that a seller of a million rows has, two hundred thousand of them with buyers, written into files by
 * a process that does nothing else: every row, every opening in the ledger, and no more than 128 MiB above
 * what was resident when it stood idle.
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
