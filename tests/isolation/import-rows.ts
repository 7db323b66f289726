/** Routes of imports: what their ids are ids of, and a file of which no line becomes an order. */
import { createHash } from 'node:crypto'
import { account, type Maker, type RouteRow } from './route-row.ts'

const head = 'Order Number,Placed At,Stock Code,Pieces,Amount\n'
/** Two ranges of lines, so that there is a page to turn; each with the seller's mark. */
export const markedFile = (mark: string): Uint8Array =>
  new TextEncoder().encode(
    `${head}BZ-${mark},soon,SKU-${mark},1,1.00\n,,SKU-${mark},,\nBZ-${mark},soon,SKU-${mark},2,2.00\n`,
  )
const text = ({ mark, serial }: Maker): string => `report-${serial}-of-${mark}.csv`

const upload = 'uploads.id'

/** What is told of a file that is to be put. */
export const announced = (accountId: string, name: string, file: Uint8Array) => ({
  marketplace_account_id: accountId,
  purpose: 'IMPORT',
  file_name: name,
  mime: 'text/csv',
  byte_size: file.length,
  sha256: createHash('sha256').update(file).digest('hex'),
})

export const importRows: Readonly<Record<string, RouteRow>> = {
  'POST /v1/imports': {
    ids: { 'query account': account },
    words: { 'query file': text },
    file: ({ mark }) => markedFile(mark),
    makes: 'imports.id',
    weight: 2,
  },
  'GET /v1/imports': { ids: { 'query account': account }, weight: 20 },
  'GET /v1/imports/{id}': { ids: { 'path id': 'imports.id' } },
  'GET /v1/imports/{id}/lines': { ids: { 'path id': 'imports.id' }, weight: 20 },
  'POST /v1/imports/{id}/cancel': { ids: { 'path id': 'imports.id' }, weight: 2 },
  'POST /v1/uploads': {
    ids: { 'body marketplace_account_id': account },
    body: (make) => announced(make.id(account), text(make), markedFile(make.mark)),
    makes: upload,
    weight: 2,
  },
  'GET /v1/uploads/{id}': { ids: { 'path id': upload } },
  'POST /v1/uploads/{id}/complete': { ids: { 'path id': upload }, weight: 2 },
  'POST /v1/uploads/{id}/import': {
    ids: { 'path id': upload },
    body: (make) => ({ file_name: text(make) }),
    makes: 'imports.id',
    weight: 2,
  },
}
