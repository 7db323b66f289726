/** An audit trail of two events, a digest and an anchor for every seller. */
import type { Entry } from '../../core/db/database.ts'
import type { AuditServices } from '../../core/http/services.ts'

export const anchorId = '01998f72-5d6e-7f80-8a1b-2c3d4e5f6a7b'
const at = new Date('2026-01-31T10:15:00Z')
const hash = 'b1946ac92492d2347c6235b4d2611184'.repeat(2)

const event = {
  seq: 2,
  at,
  action: 'user.added',
  sentence: 'A person was added',
  target: 'user:01998f6d-1b2c-7d3e-8f4a-6c7d8e9f0a1b',
  data: { role: 'VIEWER' },
  actor: {
    kind: 'system',
    user_id: null,
    super_admin_id: null,
    impersonation_session_id: null,
    api_key_id: null,
    job_run_id: null,
  },
  hash,
}
const anchor = {
  id: anchorId,
  kind: 'hook' as const,
  url: 'https://hooks.seller.in/robnu',
  bucket: null,
  region: null,
  bucket_owner: null,
  created_at: at,
  sent_seq: 2,
  last_sent_at: at,
  attempts: 0,
  last_error: null,
  next_try_at: at,
}

const opening = {
  id: '01998f72-5d6e-7f80-8a1b-2c3d4e5f6a7c',
  at,
  actor: { ...event.actor, kind: 'user', marketplace_account_id: null, staff_name: null },
  purpose: 'orders.list',
  sentence: 'Buyers were shown in a list of orders',
  reason: null,
  table: 'orders',
  columns: ['customer_name_enc'],
  row_ids: ['8f1c2a64-7d0e-8a3b-9c55-1e2f3a4b5c6d'],
  opened: 1,
  undone: false,
}

type Inside = <T>(entry: Entry, value: T) => Promise<T>

export const fakeAudit = (inside: Inside): AuditServices => ({
  trail: {
    list: (entry, { after }) =>
      inside(entry, { events: [event], next: after === undefined ? event.seq : null }),
    export: (entry) => inside(entry, lines()),
    digests: (entry) =>
      inside(entry, {
        digests: [{
          body: '{}',
          signature: new Uint8Array(64),
          told: {
            type: 'robnu-audit-digest/1' as const,
            seller: entry.sellerId,
            ...{ from: 1, to: 2, events: 2, head: hash, previous: '' },
            ...{ signedAt: at.toISOString(), key: 'one' },
          },
        }],
        next: null,
      }),
  },
  anchors: {
    list: (entry) => inside(entry, [anchor]),
    add: async (entry) => {
      await inside(entry, null)
      entry.once?.onMade()
      return { anchor, secret: 'whsec_c2VjcmV0' }
    },
    remove: (entry, id) => inside(entry, id === anchorId),
  },
  openings: {
    list: (entry, { after }) =>
      inside(entry, {
        openings: [opening],
        next: after === undefined ? { at: '2026-01-31T10:15:00.000000Z', id: opening.id } : null,
      }),
    daily: (entry) => inside(entry, [{ ...opening, day: '2026-01-31', openings: 1 }]),
    openers: (entry) => inside(entry, [{ ...opening, last_at: opening.at }]),
  },
  keys: [],
})

const lines = async function* (): AsyncGenerator<string> {
  yield '{"type":"export"}\n'
  yield await Promise.resolve('{"type":"event"}\n')
}
