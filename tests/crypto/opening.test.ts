/** Openings in a real database: what the ledger says is what was opened, also of work that came to nothing. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKeyring, type Keyring } from '../../core/crypto/keyring.ts'
import { openFields } from '../../core/crypto/opening.ts'
import { command } from '../../core/db/sql.ts'
import { newId } from '../../core/ids.ts'
import { silentLog } from '../../core/log.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'
import { fakeKms } from './fakes.ts'

let fresh: FreshDatabase
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 8 })
})
afterAll(() => fresh.close())

const openKeyring = (): Keyring =>
  createKeyring({
    db: fresh.db,
    kms: fakeKms(new Map()),
    aliasOf: () => 'alias/test',
    createMissingAlias: false,
    now: () => 0,
    log: silentLog,
  })
interface LedgerRow {
  actor: string
  purpose: string
  table_name: string
  columns: string[]
  row_ids: string[]
  opened: number
  undone?: boolean
  reason?: string | null
}
const ledgerOf = ({ sellerId }: TestSeller, whole = false) =>
  fresh.asSuperuser(async (admin) => [
    ...await admin<LedgerRow[]>`
      select actor, purpose, table_name, columns, row_ids, opened ${
      whole ? admin`, undone, reason` : admin``
    } from decrypt_ledger
      where seller_id = ${sellerId} order by created_at`,
  ])

describe('openFields', () => {
  const keyring = { close: () => {} } as { current?: Keyring; close: () => void }
  afterAll(() => keyring.current?.close())
  const keysFor = (seller: TestSeller, willSeal: number) =>
    (keyring.current ??= openKeyring()).forSeller(seller.entry, { willSeal })
  const sealedRows = async (seller: TestSeller, count: number) => {
    const keys = await keysFor(seller, count * 2)
    const rows = Array.from({ length: count }, (_, i) => {
      const id = newId()
      const name = keys.seal('orders', 'customer_name_enc', id, `Asha ${i}`)
      const phone = i % 2 ? null : keys.seal('orders', 'customer_phone_enc', id, `98${i}`)
      return { id, fields: { customer_name_enc: name, customer_phone_enc: phone } }
    })
    return { keys, rows }
  }

  it('opens a page and says so in one row: who, why, which, how many', async () => {
    const seller = await makeSeller(fresh.db)
    const { keys, rows } = await sealedRows(seller, 4)
    const opened = await fresh.db.withSellerScope(
      seller.entry,
      (tx) => openFields(tx, keys, { table: 'orders', purpose: 'orders.list', rows }),
    )
    expect(opened).toEqual([
      { customer_name_enc: 'Asha 0', customer_phone_enc: '980' },
      { customer_name_enc: 'Asha 1', customer_phone_enc: null },
      { customer_name_enc: 'Asha 2', customer_phone_enc: '982' },
      { customer_name_enc: 'Asha 3', customer_phone_enc: null },
    ])
    expect(await ledgerOf(seller)).toEqual([{
      actor: `user:${seller.userId}`,
      purpose: 'orders.list',
      table_name: 'orders',
      columns: ['customer_name_enc', 'customer_phone_enc'],
      row_ids: rows.map(({ id }) => id),
      opened: 6,
    }])
  })

  it('has as many opens in the ledger as were made', async () => {
    const seller = await makeSeller(fresh.db)
    let opens = 0
    for (let round = 0; round < 20; round++) {
      const { keys, rows } = await sealedRows(seller, round)
      const values = await fresh.db.withSellerScope(
        seller.entry,
        (tx) => openFields(tx, keys, { table: 'orders', purpose: 'orders.list', rows }),
      )
      opens += values.flatMap((row) => Object.values(row)).filter((one) => one !== null).length
    }
    const ledger = await ledgerOf(seller)
    expect(ledger.reduce((sum, row) => sum + row.opened, 0)).toBe(opens)
    expect(opens).toBeGreaterThan(200)
    // the empty page wrote nothing
    expect(ledger).toHaveLength(19)
  })

  it('writes no row for nulls only', async () => {
    const seller = await makeSeller(fresh.db)
    const { keys, rows } = await sealedRows(seller, 2)
    const nulls = rows.map(({ id }) => ({ id, fields: { customer_name_enc: null } }))
    await fresh.db.withSellerScope(seller.entry, async (tx) => {
      const asked = { table: 'orders', purpose: 'orders.list', rows: nulls } as const
      const opened = await openFields(tx, keys, asked)
      expect(opened).toEqual([{ customer_name_enc: null }, { customer_name_enc: null }])
    })
    expect(await ledgerOf(seller)).toEqual([])
  })

  it('keeps the row of work that rolls back, and of a session that is over by then', async () => {
    const seller = await makeSeller(fresh.db)
    const { keys, rows } = await sealedRows(seller, 2)
    const open = { table: 'orders', purpose: 'orders.reveal', reason: 'She called', rows } as const
    const undone = (before: () => Promise<unknown>) =>
      fresh.db.withSellerScope(seller.entry, async (tx) => {
        await openFields(tx, keys, open)
        await before()
        throw new Error('later')
      })
    await expect(undone(() => Promise.resolve())).rejects.toThrow('later')
    await expect(
      undone(() =>
        fresh.asSuperuser((admin) =>
          admin`update sessions set revoked_at = now() where id = ${seller.sessionId}`
        )
      ),
    ).rejects.toThrow('later')
    const kept = {
      actor: `user:${seller.userId}`,
      purpose: 'orders.reveal',
      table_name: 'orders',
      columns: ['customer_name_enc', 'customer_phone_enc'],
      row_ids: rows.map(({ id }) => id),
      opened: 3,
      undone: true,
      reason: 'She called',
    }
    expect(await ledgerOf(seller, true)).toEqual([kept, kept])
  })

  it('writes the row once when the connection is lost behind the COMMIT', async () => {
    const seller = await makeSeller(fresh.db)
    const { keys, rows } = await sealedRows(seller, 1)
    const open = { table: 'orders', purpose: 'orders.list', rows } as const
    const lost = fresh.db.withSellerScope(seller.entry, async (tx) => {
      await openFields(tx, keys, open)
      tx.atCommit(command`select pg_terminate_backend(pg_backend_pid())`)
    })
    await expect(lost).rejects.toThrow()
    const told = await ledgerOf(seller, true)
    expect(told.map(({ opened }) => opened)).toEqual([2])
  })

  it('does not open what lies in another row, and names it without its data', async () => {
    const seller = await makeSeller(fresh.db)
    const { keys, rows } = await sealedRows(seller, 2)
    const [first, second] = rows
    if (!first || !second) throw new Error('unreachable')
    const moved = [first, { ...second, fields: first.fields }]
    const refused = fresh.db.withSellerScope(
      seller.entry,
      (tx) => openFields(tx, keys, { table: 'orders', purpose: 'orders.list', rows: moved }),
    )
    await expect(refused).rejects.toThrow(`"orders.customer_name_enc" of row "${second.id}"`)
    await expect(refused).rejects.not.toThrow('Asha')
    // of the first row both values did open
    const told = await ledgerOf(seller, true)
    expect(told.map(({ opened, undone }) => [opened, undone])).toEqual([[2, true]])
  })

  it('takes no keys of another seller, and opens nothing that the ledger did not take', async () => {
    const [seller, other] = [await makeSeller(fresh.db), await makeSeller(fresh.db)]
    const { keys, rows } = await sealedRows(seller, 1)
    await expect(
      fresh.db.withSellerScope(
        other.entry,
        (tx) => openFields(tx, keys, { table: 'orders', purpose: 'orders.list', rows }),
      ),
    ).rejects.toThrow('another seller')
    const refused = fresh.db.withSellerScope(seller.entry, async (tx) => {
      await tx.run(command`select 1 / 0`).catch(() => {})
      return await openFields(tx, keys, { table: 'orders', purpose: 'orders.list', rows })
    })
    await expect(refused).rejects.toThrow()
    expect(await ledgerOf(seller)).toEqual([])
  })

  it('leaves a ledger that its seller can read and nobody can change', async () => {
    const [seller, other] = [await makeSeller(fresh.db), await makeSeller(fresh.db)]
    const { keys, rows } = await sealedRows(seller, 1)
    await fresh.db.withSellerScope(
      seller.entry,
      (tx) => openFields(tx, keys, { table: 'orders', purpose: 'orders.list', rows }),
    )
    const count = command`select from decrypt_ledger where seller_id = ${seller.sellerId}`
    expect(await fresh.db.inSellerScope(seller.entry).any(count)).toHaveLength(1)
    expect(await fresh.db.inSellerScope(other.entry).any(count)).toHaveLength(0)
    for (
      const change of [
        command`update decrypt_ledger set opened = 0`,
        command`delete from decrypt_ledger`,
        command`truncate decrypt_ledger`,
      ]
    ) {
      await expect(fresh.db.inSellerScope(seller.entry).run(change)).rejects.toThrow('permission')
    }
  })
})
