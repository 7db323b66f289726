/** Why no sync comes: each link breaks by itself, and the first broken one is named. */
import { describe, expect, it } from 'vitest'
import { type AccountFacts, linkTexts, walk } from '../../scripts/doctor/account/links.ts'
import { linesOfWalk } from '../../scripts/doctor/tell.ts'
import { account, minutesAgo } from './healthy.ts'

const item: AccountFacts['items'][number] = {
  ...{ target: 'ORDERS', state: 'WAITING', queue: 'account-sync', notBefore: minutesAgo(1) },
  ...{ attempts: 1, leaseUntil: null, lastError: null, unsentSince: null },
}
const known = account.account
const [schedule] = account.schedules
const [run] = account.runs
if (!known || !schedule || !run) throw new Error('unreachable')
const of = (more: Partial<typeof known>) => ({ account: { ...known, ...more } })

const table: readonly (readonly [string, Partial<AccountFacts>, 'fault' | 'warning'])[] = [
  ['plugin', { isPluginLoaded: false }, 'fault'],
  ['plugin', { isPluginLoaded: null }, 'fault'],
  ['plugin', of({ pluginOff: true }), 'fault'],
  ['seller', of({ sellerStatus: 'SUSPENDED' }), 'fault'],
  ['sweep', { schedulingSweep: { isOff: true, nextAt: minutesAgo(0) } }, 'fault'],
  ['sweep', { schedulingSweep: { isOff: false, nextAt: null } }, 'fault'],
  ['sweep', { schedulingSweep: { isOff: false, nextAt: minutesAgo(60) } }, 'fault'],
  ['switch', of({ switchedOff: 'marketplace:BAZAAR' }), 'fault'],
  ['pause', of({ pausedAt: minutesAgo(9), pauseReason: 'stock-taking' }), 'fault'],
  ['schedule', { schedules: [] }, 'fault'],
  ['schedule', { schedules: [{ ...schedule, paused: true }] }, 'fault'],
  ['schedule', { schedules: [{ ...schedule, cron: 'at noon' }] }, 'fault'],
  ['schedule', { schedules: [{ ...schedule, nextRunAt: minutesAgo(40) }] }, 'fault'],
  ['outbox', { items: [{ ...item, unsentSince: minutesAgo(5) }] }, 'fault'],
  ['queue', { items: [item], queues: [] }, 'fault'],
  ['work', { items: [{ ...item, notBefore: minutesAgo(30) }] }, 'fault'],
  ['work', { items: [{ ...item, state: 'RUNNING', leaseUntil: minutesAgo(30) }] }, 'fault'],
  ['credentials', of({ needsReconnect: true, reconnectReason: 'The token was revoked' }), 'fault'],
  ['breaker', of({ breakerOpenedAt: minutesAgo(3) }), 'fault'],
  ['bucket', { items: [{ ...item, lastError: 'rate-limit: 429' }] }, 'warning'],
  ['bucket', { emptyBuckets: ['orders'] }, 'warning'],
  ['tries', { deadLetters: 1 }, 'fault'],
  ['tries', { items: [{ ...item, attempts: 4, lastError: 'bad-response: …' }] }, 'warning'],
  [
    'run',
    { runs: [{ ...run, state: 'FAILED', failureKind: 'auth', failureMessage: 'No' }] },
    'fault',
  ],
  ['run', { runs: [] }, 'warning'],
  [
    'quarantine',
    { runs: [{ ...run, rejected: 2, rejectedReasons: { 'no-sku': 2 } }] },
    'warning',
  ],
]

describe('the way of a sync', () => {
  it('has nothing broken where all is well', () => {
    const walked = walk(account)
    expect(walked.broken).toBeNull()
    expect(walked.links.filter(({ state }) => state !== 'ok')).toEqual([])
    expect([...linesOfWalk(walked)].at(-1)).toBe('Nothing holds it up')
  })

  it('has a way to break in the table for every link', () => {
    const told = new Set(table.map(([link]) => link))
    expect(linkTexts.map(({ link }) => link).filter((link) => !told.has(link))).toEqual([])
  })

  it.each(table)('breaks at %s: %j', (link, broken, state) => {
    const walked = walk({ ...account, ...broken })
    expect(walked.broken).toMatchObject({ link, state })
    const lines = [...linesOfWalk(walked)]
    expect(lines.at(-1)).toBe(`  → ${walked.broken?.fix}`)
    expect(lines.at(-2)).toContain(walked.broken?.told)
  })

  it('names the first of several, and a fault before a doubt', () => {
    const doubtful = { emptyBuckets: ['orders'], deadLetters: 1 }
    expect(walk({ ...account, ...doubtful }).broken?.link).toBe('tries')
    const two = { ...of({ needsReconnect: true }), deadLetters: 1 }
    expect(walk({ ...account, ...two }).broken?.link).toBe('credentials')
  })

  it('says so where there is no such account', () => {
    expect(walk({ ...account, account: null }).broken).toMatchObject({ link: 'account' })
  })

  it('leaves out what could not be looked at', () => {
    const blind = { schedulingSweep: null, queues: null, emptyBuckets: null }
    const left = walk({ ...account, ...blind }).links.filter(({ state }) => state === 'left-out')
    expect(left.map(({ link }) => link)).toEqual(['sweep', 'queue', 'bucket'])
  })
})
