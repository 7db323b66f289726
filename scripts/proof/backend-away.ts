/**
 * The store of the sweeps is away for a minute, with the database that holds it, and is flushed under them:
 * schedules are back at once, and nothing is lost. `ROBNU_AWAY_MS` says how long.
 */
import type { Proof } from '../proof.ts'
import { runTest } from './support/suite.ts'

export const run = async (): Promise<Proof> => ({
  name: 'backend-away',
  figures: await runTest({
    file: 'tests/start/database-restarts.test.ts',
    word: 'Restarted',
    env: { ROBNU_RESTARTS: '1', ROBNU_AWAY_MS: '60000' },
  }),
})
