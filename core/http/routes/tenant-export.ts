/** All that the seller has, in files: asked for, followed, fetched. For the OWNER alone. */
import { z } from '@hono/zod-openapi'
import { fault } from '../../errors.ts'
import { fileKinds, type TenantExports } from '../../ledger/tenant-export/exports.ts'
import type { Cursors } from '../cursor.ts'
import { pageOf } from '../examples.ts'
import { given } from '../given.ts'
import { type Route, route } from '../route.ts'
import { Cursor, IdParams, Limit, listOf } from '../schemas.ts'
import {
  ExportFile,
  exportFileExample,
  TenantExport,
  tenantExportExample,
} from '../tenant-export-schemas.ts'

const path = '/v1/seller/export'
const tag = 'Seller'
const permission = 'seller:export'

const FilesQuery = z.strictObject({
  cursor: Cursor.optional(),
  limit: Limit,
  of: z.enum(fileKinds).default('export').openapi({
    description: '`documents`: the papers and imported files that the export names',
  }),
})

export const tenantExportRoutes = (
  exports: TenantExports,
  cursors: Cursors,
): readonly Route[] => [
  route({
    method: 'post',
    path,
    permission,
    stepUp: true,
    once: 'required',
    tag,
    summary: 'Have all that the seller has written into files, buyers in clear',
    // nothing to say: what is said all the same is refused
    body: z.strictObject({}),
    bodyIsOptional: true,
    answer: TenantExport,
    status: 202,
    answerHeaders: { location: 'The export, which tells how far it is' },
    examples: {
      body: {},
      answer: {
        ...tenantExportExample,
        state: 'WAITING',
        started_at: null,
        rows: 0,
        at_table: null,
      },
    },
    handle: async (_input, { entry, person, header }) => {
      const made = await exports.request(entry, person().userId)
      header('location', `${path}/${made.id}`)
      return made
    },
    replay: async (id, { entry, header }) => {
      header('location', `${path}/${id}`)
      return found(await exports.get(entry, id))
    },
  }),
  route({
    method: 'get',
    path: `${path}/{id}`,
    permission,
    tag,
    summary: 'Read how far an export is',
    params: IdParams,
    answer: TenantExport,
    examples: { answer: tenantExportExample },
    handle: async ({ params: { id } }, { entry }) => found(await exports.get(entry, id)),
  }),
  route({
    method: 'get',
    path: `${path}/{id}/files`,
    permission,
    stepUp: true,
    tag,
    summary: 'List the files of an export that is whole, each with an address for an hour',
    params: IdParams,
    query: FilesQuery,
    answer: listOf(ExportFile),
    examples: { answer: pageOf(exportFileExample) },
    problems: ['invalid-cursor'],
    handle: async ({ params: { id }, query: { cursor, limit, of } }, { entry }) => {
      const scope = { list: `${path}/${id}/files`, sellerId: entry.sellerId, filters: { of } }
      const after = cursor === undefined ? undefined : cursors.read(scope, cursor, z.string())
      const { files, next } = found(
        await exports.files(entry, id, { of, limit, ...given({ after }) }),
      )
      return { data: files, page: { next: next === null ? null : cursors.write(scope, next) } }
    },
  }),
]

const found = <T>(thing: T | null): T => {
  if (thing === null) throw fault('not-found')
  return thing
}
