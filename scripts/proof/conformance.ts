/** The whole conformance kit over every marketplace of ours, its declaration and its behaviour. */
import { readdirSync } from 'node:fs'
import type { Proof } from '../proof.ts'
import { runSuites } from './support/suite.ts'

const folder = new URL('../../marketplaces/', import.meta.url)

export const run = async (): Promise<Proof> => {
  const ids = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory()).map(({ name }) => name)
  await runSuites(ids.map((id) => `marketplaces/${id}/tests/conformance.test.ts`))
  return { name: 'conformance', figures: { marketplaces: ids.length } }
}
