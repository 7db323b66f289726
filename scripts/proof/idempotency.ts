/**
 * A hundred requests at once with one Idempotency-Key, through the whole application and again and
 * again: one effect each, one answer. Then the app is killed while requests are under way, and asked
 * once more: nothing is doubled. `ROBNU_ONCE` says how many rounds, `ROBNU_ONCE_KILLS` how many kills.
 */
import type { Proof } from '../proof.ts'
import { runTest } from './support/suite.ts'

export const run = async (): Promise<Proof> => ({
  name: 'idempotency',
  figures: {
    races: await runTest({
      file: 'tests/http/once-routes.test.ts',
      word: 'Once',
      env: { ROBNU_ONCE: '1000' },
    }),
    kills: await runTest({
      file: 'tests/start/once-killed.test.ts',
      word: 'Killed',
      env: { ROBNU_ONCE_KILLS: '25' },
    }),
  },
})
