/** P8: sealing and opening by the house against bare node:crypto on the same fields. */
import { Buffer } from 'node:buffer'
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { SellerKeys } from '#core/crypto/keys.ts'
import { openFields, type SealedRow } from '#core/crypto/opening.ts'
import type { Tx } from '#core/db/database.ts'
import { newId } from '#core/ids.ts'
import type { OrderRow } from '#core/plugin.ts'
import { describe, type Finding, say, speedFinding } from './findings.ts'
import type { LabDatabase } from './lab.ts'
import { makeOrders } from './orders.ts'
import { pageSize } from './page-sql.ts'
import { makeSeller } from './sellers.ts'
import { measure } from './slices.ts'
import type { House } from './sync.ts'

export interface SealSize {
  readonly rounds: number
  readonly sliceMs: number
}

const columns = [
  'customer_name_enc',
  'customer_phone_enc',
  'customer_email_enc',
  'address_enc',
] as const
type Column = typeof columns[number]
type Row = SealedRow<Column>
interface Open {
  readonly id: string
  readonly fields: Readonly<Record<Column, string>>
}

/** One operation is a page: 50 orders with four fields each. */
export const benchSeal = async (
  house: House,
  lab: LabDatabase,
  size: SealSize,
): Promise<readonly Finding[]> => {
  const seller = await makeSeller(house.db, lab)
  const page = makeOrders('seal', 0, pageSize).map(fieldsOf)
  const fields = page.length * columns.length
  const keysFor = (pages: number) =>
    house.keyring.forSeller(seller.entry, { willSeal: pages * fields })
  const sealed = sealPage(await keysFor(1), page)
  const openKeys = await keysFor(0)
  const bare = bareCipher()
  const bareSealed = bare.seal(page)
  // handles are asked for as an ingest does it: one for some twenty pages
  let handle = { keys: openKeys, left: 0 }
  const found = await measure([
    {
      name: 'seal',
      run: async () => {
        if (handle.left === 0) handle = { keys: await keysFor(20), left: 20 }
        handle.left--
        return sealPage(handle.keys, page)
      },
    },
    { name: 'seal, node:crypto', run: () => Promise.resolve(bare.seal(page)) },
    {
      name: 'open',
      run: () =>
        openFields(withoutDatabase, openKeys, {
          table: 'orders',
          purpose: 'orders.list',
          rows: sealed,
        }),
    },
    { name: 'open, node:crypto', run: () => Promise.resolve(bare.open(bareSealed)) },
  ], { ...size, loops: 1 })
  for (const one of found) say(`  ${describe(one)}`)
  const [seal, bareSeal, open, bareOpen] = found
  if (!seal || !bareSeal || !open || !bareOpen) throw new Error('unreachable')
  return [
    speedFinding('P8', 'sealing 200 fields / bare node:crypto', 0.8, seal, bareSeal),
    speedFinding('P8', 'opening 200 fields / bare node:crypto', 0.8, open, bareOpen),
  ]
}

const fieldsOf = ({ customer }: OrderRow): Open => ({
  id: newId(),
  fields: {
    customer_name_enc: customer?.name ?? '',
    customer_phone_enc: customer?.phone ?? '',
    customer_email_enc: customer?.email ?? '',
    address_enc: JSON.stringify(customer?.address),
  },
})

const sealPage = (keys: SellerKeys, page: readonly Open[]): readonly Row[] =>
  page.map(({ id, fields }) => ({
    id,
    fields: byColumn((column) => keys.seal('orders', column, id, fields[column])),
  }))

/** The ledger's statement is part of a request, and measured there. */
const withoutDatabase: Tx = {
  any: () => Promise.resolve([]),
  one: () => Promise.reject(new Error('unreachable')),
  maybeOne: () => Promise.resolve(null),
  run: () => Promise.resolve(1),
  atCommit: () => {},
  ifUndone: () => {},
}

/**
 * What nobody can do without: the cipher with its nonce, the tag, the place as authenticated data,
 * one buffer. The place is made beforehand and nonces are counted: both cost the house something.
 */
const bareCipher = () => {
  const key = randomBytes(32)
  const place = randomBytes(120)
  const nonce = Buffer.alloc(12)
  return {
    seal: (page: readonly Open[]) =>
      page.map(({ id, fields }) => ({
        id,
        fields: byColumn((column) => {
          nonce.writeUInt32BE((nonce.readUInt32BE(8) + 1) >>> 0, 8)
          const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(place)
          const text = cipher.update(fields[column], 'utf8')
          cipher.final()
          return Buffer.concat([nonce, text, cipher.getAuthTag()])
        }),
      })),
    open: (page: readonly { readonly fields: Readonly<Record<Column, Buffer>> }[]) =>
      page.map(({ fields }) =>
        byColumn((column) => {
          const blob = fields[column]
          const cipher = createDecipheriv('aes-256-gcm', key, blob.subarray(0, 12), tagLength)
          cipher.setAAD(place).setAuthTag(blob.subarray(-16))
          const plain = cipher.update(blob.subarray(12, -16))
          cipher.final()
          return plain.toString()
        })
      ),
  }
}
const tagLength = { authTagLength: 16 }

const byColumn = <T>(of: (column: Column) => T): Record<Column, T> => {
  const [name, phone, email, address] = columns
  return {
    [name]: of(name),
    [phone]: of(phone),
    [email]: of(email),
    [address]: of(address),
  } as Record<Column, T>
}
