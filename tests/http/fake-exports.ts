/** One export of all that a seller has, made up on the spot. */
import type { Entry } from '../../core/db/database.ts'
import type { TenantExports, TenantExportView } from '../../core/ledger/tenant-export/exports.ts'

const at = new Date('2026-01-31T10:15:00Z')
const view: TenantExportView = {
  id: '01998f73-3d7e-7f96-8a5b-8e9f0a1b2c3e',
  state: 'DONE',
  reason: 'asked',
  ...{ created_at: at, started_at: at, finished_at: at, expired_at: null, failure: null },
  ...{ rows: 12, opened: 4, byte_size: 900, at_table: null },
}
const file = {
  id: '01998f73-4d7e-7f96-8a5b-8e9f0a1b2c3f',
  key: 'exports/seller/2026-01-31/export/manifest-8e9f0a1b.json',
  ...{ mime: 'application/json', byte_size: 900, sha256: '0'.repeat(64) },
  ...{ url: 'https://files.example.in/manifest', url_expires_at: at },
}

export const fakeExports = (
  inside: <T>(entry: Entry, value: T) => Promise<T>,
): TenantExports => ({
  request: async (entry) => {
    await inside(entry, null)
    entry.once?.onMade()
    return view
  },
  get: (entry, id) => inside(entry, id === view.id ? view : null),
  files: (entry, id, { after }) =>
    inside(
      entry,
      id === view.id ? { files: [file], next: after === undefined ? file.id : null } : null,
    ),
})
