/** One API key, one override and one buyer to unmask, for every seller. */
import type { Entry } from '../../core/db/database.ts'
import type { Services } from '../../core/http/services.ts'
import { buyer, orderId } from './fake-services.ts'

const at = new Date('2026-01-31T10:15:00Z')
const userId = '01998f6d-1b2c-7d3e-8f4a-6c7d8e9f0a1b'

const key = {
  id: '01998f73-6e7f-7081-8b2c-3d4e5f6a7b8c',
  name: 'Warehouse',
  prefix: 'rk_7Yq2mB0xKd4T',
  scopes: ['orders:read'],
  allowed_ips: null,
  created_at: at,
  created_by_user_id: userId,
  expires_at: null,
  last_used_at: null,
  last_used_ip: null,
  rotated_to: null,
  rotated_from: null,
}
const override = {
  id: '01998f74-7f80-7192-8c3d-4e5f6a7b8c9d',
  user_id: userId,
  permission: 'customers:read',
  effect: 'DENY' as const,
  account_id: null,
  reason: 'Packs for the sale only',
  expires_at: null,
  created_at: at,
  created_by_user_id: userId,
}

type Inside = <T>(entry: Entry, value: T) => Promise<T>

export const fakeAccess = (
  inside: Inside,
): Pick<Services, 'keyDesk' | 'overrideDesk' | 'reveals'> => {
  const made = async <T>(entry: Entry, value: T): Promise<T> => {
    const done = await inside(entry, value)
    entry.once?.onMade()
    return done
  }
  const newKey = { ...key, secret: `${key.prefix}_${'x'.repeat(43)}` }
  return {
    keyDesk: {
      list: (entry) => inside(entry, [key]),
      get: (entry) => inside(entry, key),
      create: (entry) => made(entry, newKey),
      rotate: (entry) => made(entry, newKey),
      revoke: (entry) => inside(entry, undefined),
    },
    overrideDesk: {
      subjectOf: (entry) => inside(entry, { kind: 'user', role: 'VIEWER', overrides: [] }),
      list: (entry) => inside(entry, [override]),
      get: (entry) => inside(entry, override),
      add: (entry) => made(entry, override),
      remove: (entry) => inside(entry, undefined),
    },
    reveals: {
      reveal: (entry, id, { fields }) =>
        inside(
          entry,
          id === orderId ? Object.fromEntries(fields.map((field) => [field, buyer[field]])) : null,
        ),
    },
  }
}
