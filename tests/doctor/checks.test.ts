/** Every check passes in a house that is well, and finds what it is there for. */
import { describe, expect, it } from 'vitest'
import { areas, type Get, type Outcome } from '../../scripts/doctor/check.ts'
import { checks } from '../../scripts/doctor/checks.ts'
import type { Facts } from '../../scripts/doctor/facts.ts'
import { healthy, minutesAgo, queue } from './healthy.ts'

type Broken = {
  readonly [K in keyof Facts]?: Partial<Facts[K]>
}
const getFrom = (broken: Broken): Get => (name) =>
  Promise.resolve({ ...healthy[name], ...broken[name] })
const outcomeOf = async (code: string, broken: Broken = {}): Promise<Outcome> => {
  const found = checks.find((check) => check.code === code)
  if (!found) throw new Error(`There is no check "${code}"`)
  return await found.run(getFrom(broken))
}

const pluginFault = (path: string, message: string) => ({
  plugins: { faults: [{ plugin: 'bazaar', path, message }] },
})
const firstLogin = (more: Partial<Facts['logins']['logins'][number]>) => {
  const [first, ...rest] = healthy.logins.logins
  if (!first) throw new Error('unreachable')
  return { logins: { logins: [{ ...first, ...more }, ...rest] } }
}
const firstSweep = (more: Partial<Facts['sweeps']['sweeps'][number]>) => {
  const [first, ...rest] = healthy.sweeps.sweeps
  if (!first) throw new Error('unreachable')
  return { sweeps: { sweeps: [{ ...first, ...more }, ...rest] } }
}
const standing = (more: Partial<NonNullable<Facts['schema']['standing']>>) => {
  if (!healthy.schema.standing) throw new Error('unreachable')
  return { schema: { standing: { ...healthy.schema.standing, ...more } } }
}
const attributes = (more: Readonly<Record<string, string>>, isDeadLetters = false) => ({
  queues: {
    queues: [queue(`robnu-x${isDeadLetters ? '-dlq' : ''}.fifo`, 'fifo', isDeadLetters, more)],
  },
})
const runs = (more: Partial<Facts['work']['runs']>) => ({
  work: { runs: { ...healthy.work.runs, ...more } },
})

/** For each check at least one way to fail: code, what is broken, as what it is told. */
const kmsKey = {
  ...{ state: 'Enabled', deletionDate: null, rotationEnabled: true, lastRotated: null },
}
const table: readonly (readonly [code: string, broken: Broken, state: 'fault' | 'warning'])[] = [
  ['runtime-too-old', { machine: { version: '22.4.0' } }, 'fault'],
  ['runtime-too-old', { machine: { runtime: 'Deno', version: '2.8.9' } }, 'fault'],
  ['memory-low', { machine: { memoryBytes: 400 * 2 ** 20 } }, 'fault'],
  ['memory-low', { machine: { memoryBytes: 900 * 2 ** 20 } }, 'warning'],
  ['disk-full', { machine: { diskFreeBytes: 2 ** 20 } }, 'fault'],
  ['disk-full', { machine: { diskFreeBytes: 2 ** 30 } }, 'warning'],
  ['inodes-used-up', { machine: { inodesFree: 3 } }, 'fault'],
  ['temp-folder-closed', { machine: { tempFault: 'no' } }, 'fault'],
  ['shared-memory-small', { machine: { sharedMemoryBytes: 2 ** 20 } }, 'warning'],
  ['open-files-few', { machine: { openFiles: 256 } }, 'warning'],
  ['root-without-nobody', { machine: { isRootAlone: true } }, 'fault'],
  ['time-zones-missing', { machine: { hasDateLibrary: false } }, 'fault'],
  ['clock-wrong', { clock: { aheadMs: 40_000 } }, 'fault'],
  ['clock-wrong', { clock: { aheadMs: -6_000 } }, 'warning'],
  ['packages-missing', { installation: { missing: ['zod'] } }, 'fault'],
  ['packages-stale', { installation: { stale: ['zod 4.0.0, locked 4.6.7'] } }, 'fault'],
  ['node-missing', { installation: { hasOwnNode: false } }, 'warning'],
  ['npm-missing', { installation: { hasNpm: false } }, 'warning'],
  [
    'postgres-missing',
    { installation: { postgres: { packageName: 'x', isThere: false } } },
    'fault',
  ],
  ['set-up-abandoned', { installation: { abandonedSetUp: 700 } }, 'warning'],
  ['home-unusable', { home: { unusable: 'it is no folder' } }, 'fault'],
  ['home-open', { home: { open: ['keys (755)'] } }, 'warning'],
  ['key-file-readable', { home: { readableKeys: ['app'] } }, 'fault'],
  ['key-file-empty', { home: { emptyKeys: ['app'] } }, 'fault'],
  ['home-held', { home: { holder: 4711 } }, 'warning'],
  ['cluster-of-other-version', { home: { clusterVersion: '17' } }, 'fault'],
  ['cluster-broken', { home: { isClusterBroken: true } }, 'fault'],
  ['home-keys-lost', { home: { lostKeys: ['app'] } }, 'fault'],
  ['kms-keys-lost', { home: { areKmsKeysLost: true } }, 'fault'],
  ['port-taken', { port: { fault: 'another program uses the port' } }, 'fault'],
  ['variables-refused', { variables: { faults: ['PORT: must be a whole number'] } }, 'fault'],
  ['variable-unknown', { variables: { unknown: ['ROBNU_POLL'] } }, 'warning'],
  ['secret-guessable', { variables: { guessable: ['ROBNU_SECRET'] } }, 'fault'],
  ['secret-shared', { variables: { shared: ['ROBNU_SECRET and DATABASE_URL'] } }, 'fault'],
  ['secret-file-readable', { variables: { readableFiles: ['ROBNU_SECRET_FILE'] } }, 'warning'],
  ['token-keys-unusable', { variables: { tokenKeys: 'no private part' } }, 'fault'],
  ['audit-keys-unusable', { variables: { auditKeys: 'no private part' } }, 'fault'],
  ['keys-of-both-shared', { variables: { areKeysShared: true } }, 'warning'],
  ['app-url-missing', { variables: { appUrl: undefined } }, 'warning'],
  ['address-not-encrypted', { variables: { origin: 'http://api.example.in' } }, 'warning'],
  ['proxies-unsaid', { variables: { proxies: 0 } }, 'warning'],
  ['config-file-refused', { plugins: { configFaults: ['must be JSON'] } }, 'fault'],
  ['config-secret-in-clear', { plugins: { secretsInClear: ['/plugins/0/config/token'] } }, 'fault'],
  ['no-plugin-enabled', { plugins: { enabled: 0 } }, 'warning'],
  ['plugin-not-loaded', pluginFault('', 'cannot be loaded: no such file'), 'fault'],
  ['plugin-not-loaded', pluginFault('', 'its default export is no plugin: …'), 'fault'],
  ['plugin-changed', pluginFault('integrity', 'its files are other ones'), 'fault'],
  ['plugin-config-refused', pluginFault('config.url', 'must be a URL'), 'fault'],
  ['plugin-breaks-contract', pluginFault('sweeps[0].cron', 'must be a cron line'), 'fault'],
  ['upstream-of-nobody', { plugins: { strangeUpstreams: ['x'] } }, 'warning'],
  ['sweep-variable-unknown', { plugins: { strangeSweeps: ['x'] } }, 'warning'],
  ['upstream-silent', { upstreams: { unreachable: ['bazaar at x'] } }, 'fault'],
  ['upstream-own-clock', { upstreams: { ownClocks: ['bazaar'] } }, 'warning'],
  ['database-unreachable', firstLogin({ why: 'nothing listens there' }), 'fault'],
  ['databases-differ', firstLogin({ place: 'db:5432/other' }), 'fault'],
  ['logins-alike', firstLogin({ user: 'robnu_platform' }), 'fault'],
  ['login-too-strong', firstLogin({ isSuperuser: true }), 'fault'],
  ['login-too-strong', firstLogin({ bypassesRows: true }), 'fault'],
  ['roles-missing', firstLogin({ lacks: ['robnu_tenant'] }), 'fault'],
  ['owner-may-not-create', firstLogin({ mayNotMake: ['tables in public'] }), 'fault'],
  ['database-not-encrypted', { logins: { plain: ['DATABASE_URL'] } }, 'warning'],
  ['database-too-old', { server: { version: 170_002 } }, 'fault'],
  ['database-is-replica', { server: { isReplica: true } }, 'fault'],
  ['database-is-replica', { server: { isReadOnly: true } }, 'fault'],
  ['database-encoding', { server: { encoding: 'SQL_ASCII' } }, 'fault'],
  ['collation-changed', { server: { collation: ['153.1', '154.2'] } }, 'warning'],
  ['database-forgets', { server: { fsync: 'off' } }, 'fault'],
  ['database-forgets', { server: { synchronousCommit: 'off' } }, 'warning'],
  ['connections-few', { server: { neededConnections: 300 } }, 'fault'],
  ['connections-few', { server: { usedConnections: 190 } }, 'fault'],
  ['connections-few', { server: { usedConnections: 150 } }, 'warning'],
  ['statement-timeout-short', { server: { statementTimeoutMs: 5_000 } }, 'warning'],
  ['clocks-apart', { server: { aheadMs: 59_000 } }, 'fault'],
  ['clocks-apart', { server: { aheadMs: -3_000 } }, 'warning'],
  ['database-without-time-zones', { server: { knowsKolkata: false } }, 'fault'],
  ['vacuum-overdue', { server: { frozenAge: 1.9e9 } }, 'fault'],
  ['vacuum-overdue', { server: { frozenAge: 9e8 } }, 'warning'],
  ['transactions-hang', { server: { idleInTransaction: 1 } }, 'warning'],
  ['transactions-hang', { server: { longestQuerySeconds: 3_600 } }, 'warning'],
  ['statements-blocked', { server: { blocked: 2 } }, 'warning'],
  ['migration-runs', { server: { isMigrating: true } }, 'warning'],
  ['never-migrated', { schema: { hasTables: false } }, 'fault'],
  ['migrations-pending', standing({ pending: ['core/0028_x.sql'] }), 'fault'],
  ['migration-edited', standing({ edited: ['core/0001_scope.sql'] }), 'fault'],
  ['database-newer', standing({ newer: ['core/9000_x.sql'] }), 'warning'],
  ['database-newer', standing({ breaking: ['core/9000_x.sql'] }), 'fault'],
  ['catalog-unsafe', { schema: { catalogFaults: ['orders: row security is off'] } }, 'fault'],
  ['tables-unlogged', { schema: { unlogged: ['orders'] } }, 'fault'],
  ['index-invalid', { schema: { invalidIndexes: ['orders__x'] } }, 'warning'],
  ['marketplace-not-registered', { schema: { unregistered: ['BAZAAR'] } }, 'fault'],
  ['satellite-differs', { schema: { satelliteFaults: ['bazaar secrets: …'] } }, 'fault'],
  ['scope-key-unknown', { scope: { isKnown: false } }, 'fault'],
  ['kms-unreachable', { kms: { ping: 'TimeoutError' } }, 'fault'],
  ['kms-alias-missing', { kms: { make: 'NotFoundException' } }, 'fault'],
  ['kms-alias-missing', { kms: { make: 'AccessDeniedException', makesMissing: true } }, 'fault'],
  ['kms-key-switched-off', { kms: { key: { ...kmsKey, state: 'Disabled' } } }, 'fault'],
  ['kms-key-dying', { kms: { key: { ...kmsKey, state: 'PendingDeletion' } } }, 'fault'],
  ['kms-key-not-rotated', { kms: { key: { ...kmsKey, rotationEnabled: false } } }, 'warning'],
  ['kms-does-not-open', { kms: { open: 'AccessDeniedException' } }, 'fault'],
  ['kms-ignores-context', { kms: { opensAnyhow: true } }, 'fault'],
  ['kms-key-for-each-seller', { kms: { perSeller: true } }, 'warning'],
  ['seller-key-does-not-open', { sellerKeys: { failed: ['DisabledException'] } }, 'fault'],
  [
    'seller-kms-key-unwell',
    { sellerKeys: { aliases: { tried: 3, unwell: ['alias/robnu/seller-1: Disabled'] } } },
    'fault',
  ],
  ['seller-keys-before-roots', { sellerKeys: { beforeRoots: 1 } }, 'warning'],
  ['seller-key-missing', { sellerKeys: { withoutKeys: 1 } }, 'fault'],
  ['sqs-unreachable', { queues: { why: 'TimeoutError' } }, 'fault'],
  [
    'queue-missing',
    { queues: { queues: [{ ...queue('robnu-x', 'standard', false), attributes: null }] } },
    'warning',
  ],
  [
    'queue-of-other-kind',
    { queues: { queues: [{ ...queue('robnu-x', 'standard', false), kind: 'fifo' }] } },
    'fault',
  ],
  ['queue-without-redrive', attributes({ RedrivePolicy: '' }), 'fault'],
  ['queue-gives-up-otherwise', attributes({ RedrivePolicy: '{"maxReceiveCount":1}' }), 'warning'],
  ['queue-hides-shortly', attributes({ VisibilityTimeout: '1' }), 'warning'],
  ['dead-letters-forgotten', attributes({ MessageRetentionPeriod: '3600' }, true), 'warning'],
  ['queue-deduplicates-by-content', attributes({ ContentBasedDeduplication: 'true' }), 'fault'],
  ['queue-not-encrypted', attributes({ SqsManagedSseEnabled: 'false' }), 'warning'],
  ['queue-full', attributes({ ApproximateNumberOfMessages: '20000' }), 'warning'],
  ['dead-letters-not-collected', attributes({ ApproximateNumberOfMessages: '1' }, true), 'warning'],
  ['bucket-unreachable', { storage: { why: 'NotFound' } }, 'fault'],
  ['bucket-in-other-region', { storage: { region: 'eu-west-1' } }, 'fault'],
  ['bucket-not-encrypted', { storage: { encryption: null } }, 'warning'],
  ['bucket-open', { storage: { isClosed: false } }, 'fault'],
  ['bucket-refuses', { storage: { probe: 'AccessDenied' } }, 'fault'],
  ['objects-left-behind', { work: { looseObjects: 3 } }, 'warning'],
  [
    'archive-silent',
    { work: { archive: { isOn: true, heard: 9, silent: 2, unjoined: 0 } } },
    'warning',
  ],
  [
    'archive-not-joined',
    { work: { archive: { isOn: true, heard: 9, silent: 0, unjoined: 40 } } },
    'warning',
  ],
  ['sweeps-store-unreachable', { sweeps: { why: 'ECONNREFUSED' } }, 'fault'],
  ['redis-forgets', { sweeps: { eviction: 'allkeys-lru' } }, 'warning'],
  ['sweeps-never-started', firstSweep({ cron: null }), 'warning'],
  [
    'sweeps-never-started',
    { sweeps: { sweeps: healthy.sweeps.sweeps.map((one) => ({ ...one, cron: null })) } },
    'fault',
  ],
  ['sweeps-late', firstSweep({ nextAt: minutesAgo(60) }), 'fault'],
  ['sweep-failed', firstSweep({ lastFailure: 'no such table' }), 'warning'],
  ['sweep-switched-off', { sweeps: { off: ['edge-sweep'] } }, 'warning'],
  ['outbox-not-sent', { work: { outbox: { count: 1, oldestSeconds: 900 } } }, 'fault'],
  ['outbox-not-sent', { work: { outbox: { count: 1, oldestSeconds: 60 } } }, 'warning'],
  ['work-waits', { work: { late: { count: 1, oldestSeconds: 700 } } }, 'warning'],
  ['work-waits', { work: { late: { count: 1, oldestSeconds: 9_000 } } }, 'fault'],
  ['work-lost', { work: { lost: 1 } }, 'warning'],
  ['work-gets-nowhere', { work: { stuck: 1 } }, 'warning'],
  ['dead-letters', { work: { deadLetters: 1 } }, 'warning'],
  ['stray-messages', { work: { strays: 1 } }, 'warning'],
  ['marketplace-down', { work: { breakers: [{ code: 'BAZAAR', minutes: 5 }] } }, 'warning'],
  ['marketplace-down', { work: { breakers: [{ code: 'BAZAAR', minutes: 90 }] } }, 'fault'],
  ['marketplace-switched-off', { work: { marketplacesOff: ['BAZAAR'] } }, 'warning'],
  ['schedules-late', { work: { schedulesLate: 2 } }, 'fault'],
  ['schedule-unreadable', { work: { schedulesUnreadable: 1 } }, 'warning'],
  ['runs-fail', runs({ failed: 200 }), 'warning'],
  ['rows-quarantined', runs({ rejected: 2_000 }), 'warning'],
  ['words-unknown', runs({ unknownWords: 1 }), 'warning'],
  ['rate-limited', { work: { open: { count: 9, rateLimited: 5 } } }, 'warning'],
  ['plugin-failed', { work: { failedPlugins: ['bazaar 1.0.0: exited with 3'] } }, 'fault'],
  ['restart-needed', { work: { restartNeeded: ['bazaar in api'] } }, 'warning'],
  ['plan-exceeded', { plans: { overLimit: 1 } }, 'warning'],
  ['accounts-need-reconnecting', { accounts: { needReconnect: 1 } }, 'warning'],
  ['accounts-silent', { accounts: { silent: 1 } }, 'warning'],
  ['account-secrets-old', { accounts: { oldSecrets: 2, oldestSecretDays: 151 } }, 'warning'],
  ['accounts-without-plugin', { accounts: { withoutPlugin: ['BAZAAR'] } }, 'fault'],
  ['accounts-without-schedule', { accounts: { withoutSchedule: 1 } }, 'warning'],
  ['no-staff', { accounts: { staff: 0 } }, 'warning'],
  ['impersonation-not-ended', { accounts: { impersonationsOver: 1 } }, 'warning'],
  ['audit-head-apart', { audit: { headsApart: 1 } }, 'fault'],
  ['audit-not-signed', { audit: { undigested: 1 } }, 'warning'],
  ['audit-not-delivered', { audit: { undelivered: 1 } }, 'warning'],
  ['audit-key-dropped', { audit: { unknownKeys: 1 } }, 'fault'],
  ['no-sender', { mail: { hook: undefined } }, 'warning'],
  ['mail-hook-unreachable', { mail: { why: 'nothing answers' } }, 'fault'],
  ['mail-hook-open', { mail: { hasToken: false } }, 'warning'],
  ['mail-hook-certificate', { mail: { certificateDays: -1 } }, 'fault'],
  ['mail-hook-certificate', { mail: { certificateDays: 5 } }, 'warning'],
  ['mail-outbox-closed', { mail: { outboxFault: 'no' } }, 'fault'],
]

describe('the checks', () => {
  it('are many, each with a code of its own and an area', () => {
    const codes = checks.map(({ code }) => code)
    expect(codes.length).toBeGreaterThanOrEqual(100)
    expect(new Set(codes).size).toBe(codes.length)
    expect(codes.filter((code) => !/^[a-z]+(?:-[a-z]+)*$/.test(code))).toEqual([])
    expect([...new Set(checks.map(({ area }) => area))].toSorted()).toEqual([...areas].toSorted())
  })

  it('all pass where all is well', async () => {
    const found = await Promise.all(
      checks.map(async ({ code }) => [code, await outcomeOf(code)] as const),
    )
    expect(found.filter(([, { state }]) => state !== 'ok')).toEqual([])
  })

  it('have at least one way to fail in the table each', () => {
    const told = new Set(table.map(([code]) => code))
    expect(checks.map(({ code }) => code).filter((code) => !told.has(code))).toEqual([])
  })

  it.each(table)('%s finds %j', async (code, broken, state) => {
    const found = await outcomeOf(code, broken)
    expect(found.state).toBe(state)
    expect(found.told).toMatch(/\S/)
  })

  it.each(
    [
      ['kms-alias-missing', { kms: { make: 'NotFoundException', makesMissing: true } }, 'ok'],
      ['kms-key-not-rotated', { kms: { key: { ...kmsKey, rotationEnabled: null } } }, 'left-out'],
      ['kms-key-dying', { kms: { key: null } }, 'left-out'],
      ['seller-kms-key-unwell', { sellerKeys: { aliases: { tried: 0, unwell: [] } } }, 'left-out'],
      ['port-taken', { port: { fault: 'taken', isOurs: true } }, 'ok'],
      ['token-keys-unusable', { variables: { tokenKeys: null } }, 'left-out'],
      ['migrations-pending', { schema: { standing: null } }, 'left-out'],
      ['queue-missing', { queues: { why: 'TimeoutError' } }, 'left-out'],
      ['bucket-refuses', { storage: { probe: null } }, 'left-out'],
      ['bucket-open', { storage: { why: 'Forbidden' } }, 'left-out'],
      ['sweeps-late', { sweeps: { why: 'ECONNREFUSED' } }, 'left-out'],
      ['kms-does-not-open', { kms: { make: 'NotFoundException' } }, 'left-out'],
      ['root-without-nobody', { machine: { isLocal: false, isRootAlone: true } }, 'left-out'],
      ['redis-forgets', { sweeps: { store: 'PostgreSQL' } }, 'left-out'],
      ['mail-hook-open', { mail: { hook: undefined } }, 'left-out'],
    ] as const,
  )('%s makes no fault of %j', async (code, broken, state) => {
    expect((await outcomeOf(code, broken as Broken)).state).toBe(state)
  })
})
