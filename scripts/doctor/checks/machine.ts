/** The machine: what a start needs of it before anything of ours runs. */
import { type Check, check, fault, leftOut, ok, warning } from '../check.ts'

export interface Machine {
  readonly runtime: 'Node' | 'Deno'
  /** Such as `26.10.0`. */
  readonly version: string
  /** What this process may have, whatever the machine has. */
  readonly memoryBytes: number
  /** Of the folder of the local parts; undefined where the system does not say. */
  readonly diskFreeBytes: number | undefined
  readonly inodesFree: number | undefined
  readonly tempFault: string | undefined
  readonly sharedMemoryBytes: number | undefined
  readonly openFiles: number | undefined
  /** Root, and nobody to run PostgreSQL as. */
  readonly isRootAlone: boolean
  /** PostgreSQL is started here, and not named by the environment. */
  readonly isLocal: boolean
  readonly hasDateLibrary: boolean
}
/** Our clock less that of an address on the network. */
export interface Clock {
  readonly host: string
  readonly aheadMs: number
}

const mib = 2 ** 20
const size = (bytes: number): string => `${Math.round(bytes / mib)} MiB`

export const machineChecks: readonly Check[] = [
  check('machine', 'machine', [
    'runtime-too-old',
    'Node 24 or Deno 2.9, or newer',
    'The sources are TypeScript without a build; an older runtime does not read them.',
    'Run `npm ci`, which brings Node, and start by `npm run …` or `npx robnu …`.',
  ], ({ runtime, version }) => {
    const [major = 0, minor = 0] = version.split('.').map(Number)
    const isNew = runtime === 'Node' ? major >= 24 : major > 2 || major === 2 && minor >= 9
    return isNew ? ok(`${runtime} ${version}`) : fault(`this is ${runtime} ${version}`)
  }),
  check('machine', 'machine', [
    'memory-low',
    'A gigabyte of memory',
    'Argon2, imports and PostgreSQL together are ended by the system when memory runs out.',
    'Give the machine or the container at least 1 GiB, better 2.',
  ], ({ memoryBytes }) => {
    if (memoryBytes < 512 * mib) return fault(`there are ${size(memoryBytes)}`)
    return memoryBytes < 1000 * mib ? warning(`there are ${size(memoryBytes)}`) : ok()
  }),
  check('machine', 'machine', [
    'disk-full',
    'Room on the disk',
    'PostgreSQL stops when it cannot write its log, and imports have no room for their files.',
    'Free at least 2 GiB on the disk of ROBNU_HOME, or set it to a folder elsewhere.',
  ], ({ diskFreeBytes: free }) => {
    if (free === undefined) return leftOut('the system does not say what is free')
    if (free < 500 * mib) return fault(`${size(free)} are free`)
    return free < 2048 * mib ? warning(`${size(free)} are free`) : ok(`${size(free)} are free`)
  }),
  check('machine', 'machine', [
    'inodes-used-up',
    'Room for more files',
    'A disk that has bytes left and no inodes refuses every new file.',
    'Remove small files that nobody needs, or set ROBNU_HOME to another disk.',
  ], ({ inodesFree: free }) => {
    if (free === undefined) return leftOut('the system does not count them')
    if (free < 1_000) return fault(`${free} inodes are free`)
    return free < 20_000 ? warning(`${free} inodes are free`) : ok()
  }),
  check('machine', 'machine', [
    'temp-folder-closed',
    'A folder for temporary files',
    'Imports are unpacked there, and as root the programs of PostgreSQL are copied there.',
    'Set TMPDIR to a folder that this user may write to.',
  ], ({ tempFault }) => tempFault === undefined ? ok() : fault(tempFault)),
  check('machine', 'machine', [
    'shared-memory-small',
    'Shared memory for PostgreSQL',
    'In a container with 64 MiB of /dev/shm, larger queries of the local PostgreSQL fail.',
    'Start the container with `--shm-size=256m`, or name a PostgreSQL in DATABASE_URL.',
  ], ({ isLocal, sharedMemoryBytes: bytes }) => {
    if (!isLocal) return leftOut('PostgreSQL runs elsewhere')
    if (bytes === undefined) return leftOut('the system has no /dev/shm')
    return bytes < 60 * mib ? warning(`/dev/shm has ${size(bytes)}`) : ok()
  }),
  check('machine', 'machine', [
    'open-files-few',
    'Enough files may be open',
    'Each connection is one: with few of them requests are refused under load.',
    'Raise the limit: `ulimit -n 4096`, or LimitNOFILE of the service.',
  ], ({ openFiles }) => {
    if (openFiles === undefined) return leftOut('the system does not say')
    return openFiles < 1_024 ? warning(`at most ${openFiles}`) : ok()
  }),
  check('machine', 'machine', [
    'root-without-nobody',
    'A user that PostgreSQL may run as',
    'PostgreSQL refuses root, and this system has no user `nobody` to run it as.',
    'Start as another user, or name a PostgreSQL in DATABASE_URL.',
  ], ({ isLocal, isRootAlone }) => {
    if (!isLocal) return leftOut('PostgreSQL runs elsewhere')
    return isRootAlone ? fault('this is root, and there is no `nobody`') : ok()
  }),
  check('machine', 'machine', [
    'time-zones-missing',
    'The runtime knows Asia/Kolkata',
    'Schedules, cut-offs and days of business are read in that zone.',
    'Use a build of the runtime with full ICU data, and unset NODE_ICU_DATA.',
  ], ({ hasDateLibrary }) => hasDateLibrary ? ok() : fault('Asia/Kolkata is not known')),
  check('clock', 'machine', [
    'clock-wrong',
    'The clock agrees with the network',
    'AWS refuses signatures that are five minutes off, second factors those of half a minute.',
    'Switch on the synchronisation of time: chrony, systemd-timesyncd, or that of the host.',
  ], ({ host, aheadMs }) => {
    const told = `${Math.round(aheadMs / 1000)} s ahead of ${host}`
    if (Math.abs(aheadMs) > 20_000) return fault(told)
    return Math.abs(aheadMs) > 4_000 ? warning(told) : ok()
  }),
]
