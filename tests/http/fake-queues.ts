/** One dead letter, and one healthy account, for every seller. */
import type { Entry } from '../../core/db/database.ts'
import type { Services } from '../../core/http/services.ts'
import { accountId, runId } from './fake-services.ts'

const at = new Date('2026-01-31T10:15:00Z')
const letterId = '2b7e9c10-4f3d-8e21-8b6a-0c9d8e7f6a5b'

const letterOf = ({ sellerId }: Entry) => ({
  id: letterId,
  seller_id: sellerId,
  marketplace_account_id: accountId,
  run_id: runId,
  target: 'ORDERS' as const,
  queue: 'account-sync',
  reason: 'internal: hung',
  receives: 5,
  state: 'DEAD' as const,
  created_at: at,
  changed_at: null,
  changed_by: null,
  change_reason: null,
})
const health = {
  state: 'connected' as const,
  ...{ reason: null, fix: null, last_good_sync: at, next_run: at },
  breaker: { opened_at: at, next_probe_at: at },
  credentials: { given_at: at, renew_by: null },
  targets: [{
    ...{ target: 'ORDERS' as const, last_good_at: at, last_run_state: null, last_failure: null },
    ...{ next_run_at: at, waiting: 0, dead: 0, attempts: 0, last_error: null },
  }],
}
const event = {
  ...{ id: letterId, kind: 'VERIFIED' as const, message: null, run_id: null, created_at: at },
}
const schedule = {
  ...{ target: 'ORDERS' as const, cron: '*/15 * * * *', paused: false, next_run_at: at },
}

type Inside = <T>(entry: Entry, value: T) => Promise<T>

export const fakeQueues = (
  inside: Inside,
): Pick<Services, 'care' | 'deadLetters'> => ({
  care: {
    pause: (entry, { id }) => inside(entry, id === accountId),
    schedule: (entry, { id }) => inside(entry, id === accountId ? schedule : null),
    credentials: (entry, { id }) => inside(entry, id === accountId),
    credentialEvents: (entry, { id }) => inside(entry, id === accountId ? [event] : null),
    health: (entry, { id }) => inside(entry, id === accountId ? health : null),
  },
  deadLetters: {
    list: (entry) =>
      inside(entry, { letters: [letterOf(entry)], next: { createdAt: at, id: letterId } }),
    decide: (entry, { id }) => inside(entry, id === letterId ? letterOf(entry) : null),
  },
})
