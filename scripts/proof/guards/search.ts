/** Guards of the search, of its indexes, and of buyers who ask for what is kept of them. */
import { type Guard, guardsOf } from './guard.ts'

const ledger = 'tests/ledger/search/search.test.ts'
const plans = 'tests/ledger/search/plans.test.ts'
const http = 'tests/http/search.test.ts'

export const searchGuards: readonly Guard[] = [
  ...guardsOf('core/crypto/blind-index.ts', ['tests/crypto/blind-index.test.ts'], [
    ['search: numbers of one form', "plain.replaceAll(/[\\s().-]/g, '')", 'plain'],
    ['search: numbers with extensions', 'parsed.ext === undefined ?', 'true ?'],
    ['search: addresses of one form', ".normalize('NFKC').trim().toLowerCase()", '.trim()'],
    ['search: no index of what is none', '/^[^\\s@]+@[^\\s@]+$/.test(plain)', 'true'],
  ]),
  ...guardsOf('core/ledger/search/question.ts', [ledger], [
    ['search: ids in either case', '[id, id.toUpperCase(), id.toLowerCase()]', '[id]'],
  ]),
  ...guardsOf('core/ledger/search/lookups.ts', [ledger, plans], [
    [
      'search: limits of parcels',
      'withinLimit(accounts, sql.fragment`f.marketplace',
      'withinLimit(null, sql.fragment`f.marketplace',
    ],
    [
      'search: limits of returns',
      'withinLimit(accounts, sql.fragment`r.marketplace',
      'withinLimit(null, sql.fragment`r.marketplace',
    ],
    [
      'search: limits of ids',
      'firstOfEach(sellerId, accounts ?? {',
      'firstOfEach(sellerId, null ?? {',
    ],
    ['search: buyers of orders that may be read', '...withinLimit(accounts, account),', ''],
    ['search: buyers that may be seen', '...withinLimit(shown, account),', ''],
    ['search: by an index', 'and ${name} ~<~ v.last', "and ${name} like v.first || '%'"],
  ]),
  ...guardsOf('core/ledger/search/search.ts', [ledger, http], [
    ['search: buyers are counted', 'if (!isAllowed) {', 'if (false) {'],
    ['search: buyers for who sees buyers', '|| !isSeen(reach.buyer)', ''],
    [
      'search: what may be read',
      'ask.kinds.filter((kind) => isSeen(ask.reach[kind]))',
      'ask.kinds',
    ],
    ['search: no row twice', '|| seen.has(id)', ''],
  ]),
  ...guardsOf('core/http/routes/search.ts', [http], [
    ['search: buyers by permission', "buyer: 'customers:read'", "buyer: 'orders:read'"],
    ['search: payouts by permission', "payout: 'payouts:read'", "payout: 'orders:read'"],
  ]),
  ...guardsOf('core/ledger/write-orders.ts', [ledger], [
    [
      'search: an index follows its field',
      'then excluded.customer_phone_idx else orders.customer_phone_idx end',
      'then coalesce(excluded.customer_phone_idx, orders.customer_phone_idx) end',
    ],
  ]),
  ...guardsOf('core/ledger/principals/principals.ts', [http], [
    ['principals: sixty an hour', 'if (!isAllowed) throw', 'if (false) throw'],
    ['principals: no value in a reason', 'if (!isTold) return', 'return'],
  ]),
  ...guardsOf('core/ledger/principals/erase-orders.ts', [http], [
    [
      'principals: as many as were seen',
      'if (erased !== expected ||',
      'if (false ||',
    ],
  ]),
  ...guardsOf('core/ledger/search/index-orders.ts', ['tests/ledger/search/index-orders.test.ts'], [
    ['search: walks wait for nobody', 'for no key update skip locked', 'for no key update'],
    ['search: walks go on where they were', 'and id > ${walk.position}::uuid', ''],
    ['search: a second pass', 'passes_left = 1`)', 'passes_left > 0`)'],
  ]),
]
