/** Files that go to the storage directly: announced, put there by the client, looked for, and then used. */
import { fault } from '../../errors.ts'
import type { Imports } from '../../ledger/imports/imports.ts'
import type { Uploads } from '../../ledger/uploads/uploads.ts'
import { Import, importExample } from '../import-schemas.ts'
import { type Route, route } from '../route.ts'
import { IdParams } from '../schemas.ts'
import { NewUpload, newUploadExample, Upload, uploadExample, UseUpload } from '../upload-schemas.ts'

const path = '/v1/uploads'
const stored = { ...uploadExample, state: 'STORED' as const, put: null }

export const uploadRoutes = (uploads: Uploads, imports: Imports): readonly Route[] => [
  route({
    method: 'post',
    path,
    permission: 'imports:create',
    limitsAccounts: true,
    tag: 'Imports',
    summary: 'Announce a file, and get an address that takes it and no other',
    body: NewUpload,
    answer: Upload,
    status: 201,
    once: 'required',
    answerHeaders: { location: 'The upload' },
    examples: { body: newUploadExample, answer: uploadExample },
    problems: ['not-found', 'storage-unavailable', 'keys-unavailable'],
    handle: async ({ body }, { entry, accounts, header }) => {
      const made = await uploads.make(entry, {
        ...{ accountId: body.marketplace_account_id, accounts, purpose: body.purpose },
        ...{ fileName: body.file_name, mime: body.mime },
        ...{ byteSize: body.byte_size, sha256: body.sha256 },
      })
      header('location', `${path}/${made.id}`)
      return made
    },
    replay: async (id, { entry, accounts, header }) => {
      header('location', `${path}/${id}`)
      return found(await uploads.get(entry, id, accounts))
    },
  }),
  route({
    method: 'get',
    path: `${path}/{id}`,
    permission: 'imports:read',
    limitsAccounts: true,
    tag: 'Imports',
    summary: 'Read one upload, with its address while that lives',
    params: IdParams,
    answer: Upload,
    examples: { answer: uploadExample },
    problems: ['storage-unavailable', 'keys-unavailable'],
    handle: async ({ params: { id } }, { entry, accounts, may }) => {
      const upload = found(await uploads.get(entry, id, accounts))
      // who may not send a file gets no address to
      return may('imports:create', upload.marketplace_account_id)
        ? upload
        : { ...upload, put: null }
    },
  }),
  route({
    method: 'post',
    path: `${path}/{id}/complete`,
    permission: 'imports:create',
    limitsAccounts: true,
    tag: 'Imports',
    summary: 'Say that the file was put; it is looked for and compared',
    params: IdParams,
    answer: Upload,
    once: 'never',
    examples: { answer: stored },
    problems: ['upload-missing', 'upload-differs', 'storage-unavailable', 'keys-unavailable'],
    handle: async ({ params: { id } }, { entry, accounts }) =>
      found(await uploads.complete(entry, id, accounts)),
  }),
  route({
    method: 'post',
    path: `${path}/{id}/import`,
    permission: 'imports:create',
    limitsAccounts: true,
    tag: 'Imports',
    summary: 'Import the file of an upload, as POST /v1/imports does with its body',
    params: IdParams,
    body: UseUpload,
    bodyIsOptional: true,
    answer: Import,
    status: 202,
    once: 'required',
    answerHeaders: { location: 'The import, which tells how far it is' },
    examples: { body: {}, answer: { ...importExample, state: 'QUEUED' } },
    problems: ['target-unsupported', 'upload-missing', 'upload-taken'],
    handle: async ({ params: { id }, body }, { entry, accounts, header }) => {
      const { object, accountId, name } = await uploads.fileOf(entry, id, accounts)
      const made = await imports.make(entry, {
        accountId,
        accounts,
        object,
        fileName: body?.file_name ?? name,
      })
      header('location', `/v1/imports/${made.id}`)
      return made
    },
    replay: async (id, { entry, accounts, header }) => {
      header('location', `/v1/imports/${id}`)
      return found(await imports.get(entry, id, accounts))
    },
  }),
]

const found = <T>(thing: T | null): T => {
  if (thing === null) throw fault('not-found')
  return thing
}
