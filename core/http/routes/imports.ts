/** Files that sellers download from a marketplace and send here, and what came of their lines. */
import { z } from '@hono/zod-openapi'
import { fault } from '../../errors.ts'
import type { Imports } from '../../ledger/imports/imports.ts'
import { fileTypes, maxFileBytes } from '../../reports/limits.ts'
import type { Cursors } from '../cursor.ts'
import { pageOf } from '../examples.ts'
import { given } from '../given.ts'
import { Import, importExample, ImportLines, importLinesExample } from '../import-schemas.ts'
import { type Input, type Route, route, type SellerCall } from '../route.ts'
import { Cursor, Id, IdParams, Limit, listOf } from '../schemas.ts'

const path = '/v1/imports'

const FileQuery = z.strictObject({
  account: Id.openapi({ description: 'The marketplace account that the file is of' }),
  file: z.string().trim().min(1).max(200).regex(/^[^\p{Cc}]*$/u, 'must hold no control characters')
    .default('upload')
    .openapi({ description: 'What the file is called; what it is, its content says' }),
})
const ListQuery = z.strictObject({
  cursor: Cursor.optional(),
  limit: Limit,
  account: Id.optional().openapi({ description: 'Of this marketplace account only' }),
})
const LineNumber = z.string().regex(/^[1-9]\d{0,6}$/, 'must be a number of a line').transform(
  Number,
)
const LinesQuery = z.strictObject({
  cursor: Cursor.optional(),
  limit: Limit,
  result: z.enum(['skipped', 'rejected']).optional(),
  line: LineNumber.optional().openapi({
    type: 'integer',
    description: 'What became of this line, an accepted one too',
  }),
})
const LinePosition = z.tuple([z.int(), z.int()])

type Stored = Awaited<ReturnType<Imports['receive']>>

export const importRoutes = (imports: Imports, cursors: Cursors): readonly Route[] => [
  postFile(imports),
  route({
    method: 'get',
    path,
    permission: 'imports:read',
    limitsAccounts: true,
    tag: 'Imports',
    summary: 'List imports, newest first',
    query: ListQuery,
    answer: listOf(Import),
    examples: { answer: pageOf(importExample) },
    problems: ['invalid-cursor'],
    handle: async ({ query }, { entry, accounts }) => {
      const filters = { accountId: query.account }
      const scope = { list: path, sellerId: entry.sellerId, filters }
      const after = query.cursor === undefined
        ? undefined
        : cursors.read(scope, query.cursor, z.string())
      const { imports: data, next } = await imports.list(entry, {
        ...given({ ...filters, after }),
        ...{ limit: query.limit, accounts },
      })
      return { data, page: { next: next === null ? null : cursors.write(scope, next) } }
    },
  }),
  route({
    method: 'get',
    path: `${path}/{id}`,
    permission: 'imports:read',
    limitsAccounts: true,
    tag: 'Imports',
    summary: 'Read one import: what the file is, how far it is, and why lines were refused',
    params: IdParams,
    answer: Import,
    examples: { answer: importExample },
    handle: async ({ params: { id } }, { entry, accounts }) =>
      found(await imports.get(entry, id, accounts)),
  }),
  route({
    method: 'get',
    path: `${path}/{id}/lines`,
    permission: 'imports:read',
    limitsAccounts: true,
    tag: 'Imports',
    summary: 'List the lines that were skipped or rejected, as ranges, or ask for one line',
    params: IdParams,
    query: LinesQuery,
    answer: listOf(ImportLines),
    examples: { answer: pageOf(importLinesExample) },
    problems: ['invalid-cursor'],
    handle: async ({ params: { id }, query }, { entry, accounts }) => {
      const { cursor, limit, ...filters } = query
      const scope = { list: `${path}/${id}/lines`, sellerId: entry.sellerId, filters }
      const [section, line] = cursor === undefined ? [] : cursors.read(scope, cursor, LinePosition)
      const after = section === undefined || line === undefined ? undefined : { section, line }
      const ask = { limit, ...given({ ...filters, after }) }
      const { lines, next } = found(await imports.lines(entry, id, ask, accounts))
      return {
        data: lines,
        page: { next: next === null ? null : cursors.write(scope, [next.section, next.line]) },
      }
    },
  }),
  route({
    method: 'post',
    path: `${path}/{id}/cancel`,
    permission: 'imports:create',
    limitsAccounts: true,
    tag: 'Imports',
    summary: 'Call an import off; what it has stored stays',
    params: IdParams,
    answer: Import,
    once: 'never',
    examples: { answer: importExample },
    handle: async ({ params: { id } }, { entry, accounts }) =>
      found(await imports.cancel(entry, id, accounts)),
  }),
]

/** The body is the file itself, so no schema describes it. */
const postFile = (imports: Imports): Route => ({
  method: 'post',
  path,
  permission: 'imports:create',
  limitsAccounts: true,
  tag: 'Imports',
  summary: 'Send a report of a marketplace: csv, tsv, xlsx, or a zip or gz of those',
  query: FileQuery,
  upload: { maxBytes: maxFileBytes, types: fileTypes },
  answer: Import,
  status: 202,
  once: 'required',
  answerHeaders: { location: 'The import, which tells how far it is' },
  examples: { answer: { ...importExample, state: 'QUEUED' } },
  problems: ['not-found', 'target-unsupported', 'storage-unavailable', 'keys-unavailable'],
  receive: async ({ query }: Input<undefined, Ask>, { entry, accounts }: SellerCall, file) => {
    const { mime, chunks: body } = file
    const ask = { accountId: query.account, accounts, mime, body }
    const stored = await imports.receive(entry, ask)
    if (stored.byteSize === 0) {
      throw fault('invalid-request', { errors: [{ pointer: '', message: 'must be a file' }] })
    }
    return { body: stored, print: stored.sha256 }
  },
  handle: async ({ query, body }: Input<undefined, Ask, Stored>, call: SellerCall) => {
    const { entry, accounts, header } = call
    const ask = { accountId: query.account, fileName: query.file, object: body, accounts }
    const made = await imports.make(entry, ask)
    header('location', `${path}/${made.id}`)
    return made
  },
  replay: async (id: string, { entry, accounts, header }: SellerCall) => {
    header('location', `${path}/${id}`)
    return found(await imports.get(entry, id, accounts))
  },
})
type Ask = z.output<typeof FileQuery>

const found = <T>(thing: T | null): T => {
  if (thing === null) throw fault('not-found')
  return thing
}
