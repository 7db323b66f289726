/** Guards of retention: who ends, when, and that nothing is filled in again. */
import { type Guard, guardsOf } from './guard.ts'

const folder = 'tests/ledger/retention'
const orders = `${folder}/orders.test.ts`
const papers = `${folder}/papers.test.ts`
const http = 'tests/http/search.test.ts'

export const retentionGuards: readonly Guard[] = [
  ...guardsOf('core/ledger/retention/due.ts', [orders], [
    [
      'retention: parcels that nobody calls delivered',
      'of(sql.fragment`${isOpen} and status in ${sent}`, heardAt, sentBefore),',
      '',
    ],
    [
      'retention: a last day for all',
      'of(sql.fragment``, sql.fragment`created_at`, cameBefore),',
      '',
    ],
  ]),
  ...guardsOf('core/ledger/write-orders.ts', [orders], [
    [
      'retention: erased is erased',
      `customer_phone_enc = case when orders.customer_erased_at is null
          then coalesce(excluded.customer_phone_enc, orders.customer_phone_enc) end`,
      'customer_phone_enc = coalesce(excluded.customer_phone_enc, orders.customer_phone_enc)',
    ],
  ]),
  ...guardsOf('core/ledger/retention/papers.ts', [papers], [
    [
      'retention: a paper that another order needs',
      'select from order_documents d where d.seller_id = ${sellerId} and d.storage_object_id = u.id',
      'select where false',
    ],
  ]),
  ...guardsOf('core/ledger/retention/look.ts', [papers], [
    [
      'retention: months of the archive as old as it says',
      'return one.month <= lastArchiveMonth(now, days)',
      'return days > 0',
    ],
  ]),
  ...guardsOf('core/ledger/retention/erase.ts', [http], [
    [
      'retention: raw rows of an order',
      'await emptyRawRows(scope, accountId, theirs) +',
      '0 * Number(Boolean(theirs)) +',
    ],
  ]),
  ...guardsOf('core/ledger/quarantine.ts', [http], [
    ['retention: raw rows of an erased order', "= 'ORDERS' then (", "= '' then ("],
  ]),
  ...guardsOf('core/ledger/principals/erase-orders.ts', [http], [
    [
      'principals: raw rows of the buyer',
      "reason: 'request', rawRows: inRow }",
      "reason: 'request' }",
    ],
  ]),
  ...guardsOf('core/http/app.ts', [http], [
    ['search: no address in the log', 'exchange.route?.path ?? null', 'request.url'],
  ]),
  ...guardsOf('core/tenancy/people.ts', ['tests/http/permissions.test.ts'], [
    ['people: keys of leavers', 'if (revokesKeys) await revoke(scope, keys)', ''],
  ]),
]
