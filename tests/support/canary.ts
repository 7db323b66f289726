/** What tests put into secrets and into buyers' fields, and the look for it in all that is left behind. */
import { Buffer } from 'node:buffer'
import { type Operations, withOperations } from '../../core/db/operations.ts'
import { createFinder, type Searched, searchFolder } from './needles.ts'

/** Stands in passwords, tokens and keys that tests make up themselves. */
export const canary = 'zqcanary'
/** No database, write-ahead log, log or answer may hold one of them in clear, in whatever form. */
const canaries: readonly string[] = [
  canary,
  // of all invented buyers
  '@buyers.invalid',
  // of the examples, which many tests sign in with
  'correct horse battery staple',
]
/** Stored in clear on purpose: a search that does not see it is blind. */
const planted = 'zqplanted in the database'

/** Where a test has to store such a text in clear, with the reason. */
const known: readonly { readonly file: RegExp; readonly needle: string; readonly why: string }[] =
  []

/** What of the canaries the lines hold. */
export const canariesIn = (lines: readonly string[]): readonly string[] =>
  createFinder(canaries)(Buffer.from(lines.join('\n')))
    .map(({ needle, form }) => `${needle} as ${form}`)

/** Before the server stops: keeps all of its write-ahead log, and plants what the search must find. */
export const keepForSearch = (sql: Operations): Promise<unknown> =>
  sql.unsafe("alter system set wal_keep_size = '16GB'").then(() => sql`select pg_reload_conf()`)
export const plant = (url: string): Promise<unknown> =>
  withOperations(url, async (sql) => {
    await sql`create table planted (name text)`
    // the log breaks a text in two where one of its pages ends: one of three stays whole
    await sql`insert into planted values (${planted}), (${planted}), (${planted})`
  })

/** Throws with every place when there is one, and when the search does not see what was planted. */
export const searchLeftovers = (folder: string): Searched => {
  const found = searchFolder(folder, [...canaries, planted])
  const isKnown = (one: Searched['hits'][number]): boolean =>
    known.some(({ file, needle }) => needle === one.needle && file.test(one.file))
  const isPlanted = ({ needle }: Searched['hits'][number]): boolean => needle === planted
  const hits = found.hits.filter((one) => !isPlanted(one) && !isKnown(one))
  for (const place of ['/base/', '/pg_wal/']) {
    if (!found.hits.some((one) => isPlanted(one) && one.file.includes(place))) {
      throw new Error(`The search for secrets is blind: it does not see into ${place}`)
    }
  }
  if (hits.length === 0) return found
  const places = hits.map(({ file, needle, form }) => `  ${needle} as ${form} in ${file}`)
  throw new Error(`Something secret was left in clear by a test:\n${places.join('\n')}`)
}
