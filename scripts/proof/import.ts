/**
 * A csv of 200,000 lines, made while it is read, through headings, groups and AJIO's order report:
 * every line has its result, and the process grows by less than 100 MiB over what a small file takes.
 * `ROBNU_IMPORT_LINES` says how many.
 */
import type { Proof } from '../proof.ts'
import { runTest } from './support/suite.ts'

export const run = async (): Promise<Proof> => ({
  name: 'import',
  figures: await runTest({
    file: 'tests/ledger/imports/groups.test.ts',
    word: 'Imported',
    env: { ROBNU_IMPORT_LINES: '200000' },
  }),
})
