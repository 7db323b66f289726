/** Keys and one rotation for every seller, made up on the spot. */
import type { Entry } from '../../core/db/database.ts'
import type { Services } from '../../core/http/services.ts'
import type { RotationView } from '../../core/ledger/keys/walks.ts'

const at = new Date('2026-01-31T10:15:00Z')
const rotation: RotationView = {
  id: '01998f70-9a4b-7c63-8d2e-5b6c7d8e9f0a',
  state: 'ASKED',
  reason: 'A laptop with access was lost',
  ...{ from_version: null, to_version: null, passes: 0, opened: 0, resealed: 0, unreadable: 0 },
  ...{ faults: [], failure: null, created_at: at, started_at: null, ended_at: null },
}

export const fakeKeys = (
  inside: <T>(entry: Entry, value: T) => Promise<T>,
): Pick<Services, 'keyWalks'> => ({
  keyWalks: {
    list: (entry) =>
      inside(entry, [{
        ...{ purpose: 'seal', version: 1, state: 'CURRENT' as const, kms_alias: null, uses: 12 },
        ...{ created_at: at, wrapped_at: at },
      }]),
    rotate: async (entry) => {
      await inside(entry, null)
      entry.once?.onMade()
      return rotation
    },
    rotations: (entry) => inside(entry, [rotation]),
    rotation: (entry, id) => inside(entry, id === rotation.id ? rotation : null),
  },
})
