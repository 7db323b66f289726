/** The page of orders that is read in every way: the statement of the list, and the same in text. */
import { z } from 'zod'
import { sql, type Statement } from '#core/db/sql.ts'
import { limitTo } from '#core/ledger/list-page.ts'
import { type Summary, summaryColumns, summaryRow } from '#core/ledger/order-views.ts'

export const pageSize = 50

/** As core/ledger/read-orders.ts makes it: one row more, to see whether there is another page. */
export const pageOf = (sellerId: string): Statement<Summary> =>
  sql.type(summaryRow)`
    select ${summaryColumns} from orders where seller_id = ${sellerId}
    order by ordered_at desc, id desc ${limitTo(pageSize + 1)}`

/** A point read: the one row that the index names first. */
export const newestOf = (sellerId: string): Statement<Summary> =>
  sql.type(summaryRow)`
    select ${summaryColumns} from orders where seller_id = ${sellerId}
    order by ordered_at desc, id desc limit 1`

export const plainText = (statement: Statement): string => statement.sql.replaceAll('$slonik_', '$')

/** What slonik's own type parsers make of the columns, checked as thoroughly as ours. */
export const slonikRow = summaryRow.extend({
  ordered_at: z.number(),
  source_updated_at: z.number(),
  ship_by: z.number().nullable(),
  total_paise: z.bigint().nullable(),
})
