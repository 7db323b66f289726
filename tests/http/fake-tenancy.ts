/** One more person and one invitation for every seller. */
import type { Entry } from '../../core/db/database.ts'
import { fault } from '../../core/errors.ts'
import type { TenancyServices } from '../../core/http/services.ts'
import type { Offboardings, OffboardingView } from '../../core/ledger/offboarding/requests.ts'
import type { InvitationView } from '../../core/tenancy/invitations.ts'
import type { PersonView } from '../../core/tenancy/people.ts'
import type { SellerView } from '../../core/tenancy/sellers.ts'

const personId = '01998f6d-1b2c-7d3e-8f4a-6c7d8e9f0a1b'
const invitationId = '01998f73-6e7f-7091-8b2c-3d4e5f6a7b8c'
const at = new Date('2026-01-31T10:15:00Z')

const seller = (id: string): SellerView => ({
  id,
  name: 'Seller',
  plan: 'EARLY_ACCESS',
  status: 'ACTIVE',
  suspension: null,
  support_consent: 'REQUIRED',
  created_at: at,
  usage: { limit: null, today: 0, days: [] },
  warning: null,
})
const person: PersonView = {
  id: personId,
  email: 'ravi@example.in',
  role: 'OPERATOR',
  joined_at: at,
  removed_at: null,
  last_seen_at: null,
  has_second_factor: false,
}
const invitation: InvitationView = {
  id: invitationId,
  email: 'ravi@example.in',
  role: 'OPERATOR',
  state: 'OPEN',
  invited_by_user_id: personId,
  created_at: at,
  sent_at: at,
  expires_at: at,
  accepted_user_id: null,
}

const offboarding: OffboardingView = {
  ...{ id: invitationId, state: 'REQUESTED', reason: 'The shop closes', export_id: null },
  ...{ requested_at: at, shreds_at: at, notice_at: null, withdrawn_at: null },
}

type Inside = <T>(entry: Entry, value: T) => Promise<T>

export const fakeTenancy = (inside: Inside): TenancyServices => ({
  sellers: {
    get: (entry) => inside(entry, seller(entry.sellerId)),
    change: (entry) => inside(entry, seller(entry.sellerId)),
  },
  people: {
    list: (entry) => inside(entry, [person]),
    get: (entry, id) => inside(entry, id === personId ? person : null),
    changeRole: (entry, id, role) => inside(entry, id === personId ? { ...person, role } : null),
    remove: (entry, id) => inside(entry, id === personId ? { keys: [] } : null),
    leave: (entry) => inside(entry, undefined),
    transfer: (entry, _from, to) => inside(entry, to === personId ? person : null),
  },
  invitations: {
    list: (entry) => inside(entry, [invitation]),
    get: (entry, id) => inside(entry, id === invitationId ? invitation : null),
    make: async (entry, { email, role }) => {
      await inside(entry, null)
      entry.once?.onMade()
      return { ...invitation, email, role }
    },
    resend: (entry, id) => inside(entry, id === invitationId ? invitation : null),
    revoke: (entry, id) => inside(entry, id === invitationId),
  },
  signUp: {
    ask: () => {},
    confirm: () => Promise.reject(fault('link-refused')),
    found: async (_principal, entry) => {
      await inside(entry, null)
      entry.once?.onMade()
      return entry.sellerId
    },
  },
  join: { accept: () => Promise.reject(fault('link-refused')) },
})

export const fakeOffboardings = (inside: Inside): Offboardings => ({
  get: (entry) => inside(entry, offboarding),
  request: async (entry) => {
    await inside(entry, null)
    entry.once?.onMade()
    return offboarding
  },
  withdraw: (entry) => inside(entry, offboarding),
})
