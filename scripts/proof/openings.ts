/**
 * A decrypt ledger of a million rows, three in five of one seller: its lists and counts of days, and the
 * report of a breach drill over thirty days across all sellers in less than a minute. The suite's own test
 * with more rows. `ROBNU_OPENINGS` says how many.
 */
import type { Proof } from '../proof.ts'
import { runTest } from './support/suite.ts'

const longestMs = 60_000

export const run = async (): Promise<Proof> => {
  const figures = await runTest({
    file: 'tests/audit/openings-at-scale.test.ts',
    word: 'Openings',
    env: { ROBNU_OPENINGS: '1000000' },
  })
  const tookMs = Number(figures['drillMs']) + Number(figures['drillIdsMs'])
  if (!(tookMs < longestMs)) throw new Error(`The drill took ${tookMs} ms`)
  return { name: 'openings', figures }
}
