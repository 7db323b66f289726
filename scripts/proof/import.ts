/**
 * A csv of 200,000 lines, made while it is read, through headings, groups and AJIO's order report; and a
 * settlement of a million lines from its first one into the ledger, killed in the middle and gone on with:
 * every line has its result, every paisa is there, and the process grows by less than 100 MiB over what
 * a small file takes. `ROBNU_IMPORT_LINES` says how many lines both have.
 */
import type { Proof } from '../proof.ts'
import { runTest } from './support/suite.ts'

export const run = async (): Promise<Proof> => ({
  name: 'import',
  figures: {
    read: await runTest({
      file: 'tests/ledger/imports/groups.test.ts',
      word: 'Imported',
      env: { ROBNU_IMPORT_LINES: '200000' },
    }),
    settled: await runTest({
      file: 'tests/ledger/imports/large-import.test.ts',
      word: 'Settled',
      env: { ROBNU_IMPORT_LINES: '1000000' },
    }),
  },
})
