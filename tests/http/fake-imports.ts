/** One import of the one account, made up on the spot. */
import type { Entry } from '../../core/db/database.ts'
import { fault } from '../../core/errors.ts'
import type { Services } from '../../core/http/services.ts'
import type { ImportView } from '../../core/ledger/imports/import-views.ts'
import type { UploadView } from '../../core/ledger/uploads/uploads.ts'

const at = new Date('2026-01-31T10:15:00Z')
const accountId = '01998f6e-3c1a-7b52-9e7d-4a5b6c7d8e9f'
const view: ImportView = {
  id: '01998f73-2d7e-7f96-8a5b-8e9f0a1b2c3d',
  marketplace_account_id: accountId,
  run_id: '01998f70-9a4b-7c63-8d2e-5b6c7d8e9f0a',
  file_name: 'report.csv',
  byte_size: 12,
  sha256: '0'.repeat(64),
  state: 'SUCCEEDED',
  failure: null,
  report: { id: 'bazaar-orders', name: 'Bazaar order file', target: 'ORDERS' },
  sections: [{ name: '', heading_line: 1, last_line: 2 }],
  lines: {
    ...{ told: 1, accepted: 0, skipped: 0, rejected: 1 },
    ...{ skipped_reasons: {}, rejected_reasons: { 'bad-date': 1 } },
  },
  rows: { new: 0, changed: 0, unchanged: 0 },
  created_at: at,
  started_at: at,
  finished_at: at,
}
const upload: UploadView = {
  id: view.id,
  marketplace_account_id: accountId,
  purpose: 'IMPORT',
  file_name: 'report.csv',
  mime: 'text/csv',
  byte_size: 12,
  sha256: view.sha256,
  state: 'PENDING',
  created_at: at,
  expires_at: at,
  put: { url: 'https://files.example/one', headers: {} },
}
const object = {
  ...{ id: view.id, bucket: 'files', storageKey: view.id, mime: 'text/csv', byteSize: 12 },
  ...{ sha256: view.sha256, kmsKeyAlias: null, versionId: null },
}

export const fakeImports = (
  inside: <T>(entry: Entry, value: T) => Promise<T>,
): Pick<Services, 'imports' | 'uploads'> => ({
  uploads: {
    make: async (entry) => {
      await inside(entry, null)
      entry.once?.onMade()
      return upload
    },
    get: (entry, id) => inside(entry, id === upload.id ? upload : null),
    complete: (entry, id) => inside(entry, id === upload.id ? upload : null),
    fileOf: async (entry, id) => {
      if (await inside(entry, id) !== upload.id) throw fault('not-found')
      return { object, accountId, name: upload.file_name }
    },
  },
  imports: {
    receive: async (entry, { accountId: id, body }) => {
      if (await inside(entry, id) !== accountId) throw fault('not-found')
      let byteSize = 0
      for await (const chunk of body) byteSize += chunk.length
      return { ...object, byteSize }
    },
    make: async (entry) => {
      await inside(entry, null)
      entry.once?.onMade()
      return view
    },
    get: (entry, id) => inside(entry, id === view.id ? view : null),
    list: (entry) => inside(entry, { imports: [view], next: view.id }),
    lines: (entry, id) =>
      inside(entry, id === view.id ? { lines: [], next: { section: 0, line: 2 } } : null),
    cancel: (entry, id) => inside(entry, id === view.id ? view : null),
  },
})
