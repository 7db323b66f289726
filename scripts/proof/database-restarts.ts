/**
 * PostgreSQL crashes twenty times while people ask and syncs run: only 503 with Retry-After, healthy within
 * five seconds, and what comes out is what undisturbed work brings. `ROBNU_RESTARTS` says how often.
 */
import type { Proof } from '../proof.ts'
import { runTest } from './support/suite.ts'

export const run = async (): Promise<Proof> => ({
  name: 'database-restarts',
  figures: await runTest({
    file: 'tests/start/database-restarts.test.ts',
    word: 'Restarted',
    env: { ROBNU_RESTARTS: '20' },
  }),
})
