/**
 * An export of a million orders by a process that does nothing else: every row once and in its order, at
 * 20,000 rows a second and more, in 64 MiB above what was resident when it stood idle, with nothing
 * collected on demand; and one that is killed at random until it is done.
 * `ROBNU_EXPORT_ROWS` says how many rows, `ROBNU_SEED` where the kills fall.
 */
import type { Proof } from '../proof.ts'
import { runTest } from './support/suite.ts'

export const run = async (): Promise<Proof> => ({
  name: 'exports',
  figures: await runTest({
    file: 'tests/exports/large.test.ts',
    word: 'Exported',
    env: { ROBNU_EXPORT_ROWS: '1000000' },
  }),
})
