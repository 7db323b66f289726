/** A settlement file as long as somebody wants, on a disk: neither it nor what it becomes is held whole. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import type { ImportDeps } from '../../../../core/ledger/imports/run-import.ts'
import { newId } from '../../../../core/ids.ts'
import { insertPending, markStored } from '../../../../core/storage/rows.ts'
import type { ImportView } from '../../../../core/ledger/imports/import-views.ts'
import { pob } from './ajio-files.ts'
import type { ImportHouse } from './house.ts'

const columns = [
  ...['Journey Type', 'Clearing doc no', 'Clearing date', 'Expected settlement date'],
  ...['Internal Document no', 'Order No', 'AWB No', 'Value', 'Credit Note No', 'Status', 'POB ID'],
]
/** Of one clearing document. */
const linesOfDocument = 2_500
const atOnce = 10_000

const lineAt = (at: number): string => {
  const document = Math.floor(at / linesOfDocument)
  const day = `2026-0${1 + document % 8}-${String(1 + document % 28).padStart(2, '0')}`
  const number = String(at).padStart(9, '0')
  return [
    ...['FORWARD', `19${String(document).padStart(6, '0')}`, day, day, `51${number}`],
    ...[`FN26${number}`, `149${number}`, `${100 + at % 900}.${String(at % 100).padStart(2, '0')}`],
    ...['nan', 'CLEARED', pob],
  ].join(',')
}

/** What all lines come to, in paise. */
export const paiseOf = (lines: number): bigint => {
  let sum = 0n
  for (let at = 0; at < lines; at++) sum += BigInt((100 + at % 900) * 100 + at % 100)
  return sum
}

export const writeSettlement = async (path: string, lines: number): Promise<void> => {
  const file = await open(path, 'w')
  await file.write(`${columns.join(',')}\n`)
  for (let from = 0; from < lines; from += atOnce) {
    const count = Math.min(atOnce, lines - from)
    await file.write(`${Array.from({ length: count }, (_, at) => lineAt(from + at)).join('\n')}\n`)
  }
  await file.close()
}

/** What an import reads from: the file on the disk, in pieces. */
export const diskFiles = (path: string): ImportDeps['files'] => ({
  get: () => createReadStream(path),
  getRange: (_object, { from, to }) => createReadStream(path, { start: from, end: to - 1 }),
})

/** Sent, as the API takes it in, but for the bytes: those are there already. */
export const sendFile = async (
  { imports, seller, accountId, world }: ImportHouse,
  path: string,
): Promise<ImportView> => {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk)
  const { db } = world.fresh
  const id = newId()
  const object = {
    ...{ id, bucket: 'disk', storageKey: `documents/${seller.sellerId}/${id}.csv` },
    ...{ mime: 'text/csv', byteSize: (await stat(path)).size, sha256: hash.digest('hex') },
    ...{ kmsKeyAlias: null, versionId: null },
  }
  await insertPending(db, seller.entry, object)
  await markStored(db, seller.entry, object)
  const place = { accountId, accounts: null }
  return await imports.make(seller.entry, { ...place, object, fileName: 'settlement.csv' })
}
