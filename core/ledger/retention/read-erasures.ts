/** Erasures as the API shows them: what, why, when and how much; nobody's data. */
import { z } from 'zod'
import type { Database, Entry } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import { type ListAsk, listOf, type ListPage, pageOf } from '../list-page.ts'
import { erasureReasons } from './erasures.ts'

const erasureRow = z.object({
  id: z.string(),
  /** Null: of the whole seller. */
  marketplace_account_id: z.string().nullable(),
  marketplace: z.string().nullable(),
  reason: z.enum(erasureReasons),
  /** In India. */
  day: z.string(),
  days: z.number().nullable(),
  ended_before: z.date().nullable(),
  orders: z.number(),
  fields: z.number(),
  documents: z.number(),
  raw_rows: z.number(),
  files: z.number(),
  archive_months: z.number(),
  created_at: z.date(),
  updated_at: z.date(),
})
type ErasureView = Readonly<z.infer<typeof erasureRow>>

export type Erasures = ReturnType<typeof createErasures>

export const createErasures = (db: Pick<Database, 'inSellerScope'>) => ({
  /** Newest first. For whoever may see some accounts alone, without those of the whole seller. */
  list: async (entry: Entry, ask: ListAsk): Promise<ListPage<ErasureView>> => {
    const rows = await db.inSellerScope(entry).any(sql.type(erasureRow)`${
      listOf({
        sellerId: entry.sellerId,
        columns: sql.fragment`id, marketplace_account_id, (
          select m.code from marketplace_accounts x join marketplaces m on m.id = x.marketplace_id
          where x.seller_id = erasures.seller_id and x.id = erasures.marketplace_account_id
        ) as marketplace, reason, day::text as day, days, ended_before, orders, fields, documents,
        raw_rows, files, archive_months, created_at, updated_at`,
        table: sql.fragment`erasures`,
        ...{ by: sql.fragment`created_at`, type: sql.fragment`timestamptz` },
        ...{ conditions: [], ask },
      })
    }`)
    return pageOf(rows, ask.limit, (row) => row.created_at)
  },
})
