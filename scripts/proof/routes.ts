/** Every place for an id in every route, with an id of every kind that another seller has. */
import type { Proof } from '../proof.ts'
import { runTest } from './support/suite.ts'

export const run = async (): Promise<Proof> => ({
  name: 'routes',
  figures: await runTest({
    file: 'tests/isolation/routes.test.ts',
    word: 'Routes',
    env: { ROBNU_ROUTES: 'all' },
  }),
})
