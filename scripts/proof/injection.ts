/**
 * A thousand fragments of injected SQL at a deliberately unsafe endpoint: no row of another seller, no
 * actor but the attacker's own. `ROBNU_INJECTIONS` says how many, `ROBNU_SEED` which ones.
 */
import type { Proof } from '../proof.ts'
import { runTest } from './support/suite.ts'

export const run = async (): Promise<Proof> => ({
  name: 'injection',
  figures: await runTest({
    file: 'tests/isolation/injection.test.ts',
    word: 'Injected',
    env: { ROBNU_INJECTIONS: '1000' },
  }),
})
