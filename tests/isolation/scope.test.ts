import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { command, sql } from '../../core/db/sql.ts'
import { sqlState } from '../../core/db/scope.ts'
import { newId } from '../../core/ids.ts'
import {
  type FreshDatabase,
  freshDatabase,
  makeSeller,
  type TestSeller,
} from '../support/database.ts'

let fresh: FreshDatabase
let a: TestSeller
let b: TestSeller
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 2 })
  a = await makeSeller(fresh.db)
  b = await makeSeller(fresh.db)
})
afterAll(() => fresh.close())

const idRow = z.object({ id: z.string() })
const selectSellers = sql.type(idRow)`select id from sellers`

describe('a scope', () => {
  it('shows its own seller and no other', async () => {
    expect(await fresh.db.inSellerScope(a.entry).any(selectSellers)).toEqual([{ id: a.sellerId }])
    expect(await fresh.db.inSellerScope(b.entry).any(selectSellers)).toEqual([{ id: b.sellerId }])
  })
})
void [command, sqlState, newId]
