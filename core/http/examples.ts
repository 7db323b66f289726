/** Example answers of the documentation. All of it is invented; the suite checks each by schema. */
import { exampleIds } from './schemas.ts'

const at = '2026-01-31T10:15:00.000Z'

export const orderExample = {
  id: exampleIds.order,
  marketplace_account_id: exampleIds.account,
  marketplace: 'SAMPLE',
  external_order_id: 'S-1001',
  status: 'PACKED',
  raw_status: 'Packed',
  on_hold: false,
  ordered_at: at,
  source_updated_at: at,
  ship_by: null,
  currency: 'INR',
  total_paise: 64700,
  fulfilled_by: 'SELLER',
  state_code: '27',
  item_count: 1,
  customer_erased_at: null,
}
export const orderDetailExample = {
  ...orderExample,
  customer: {
    name: 'A••••',
    phone: '98xxxxxx12',
    email: 'a•••@example.in',
    address: {
      line1: '••••',
      line2: null,
      city: 'Pune',
      state: 'Maharashtra',
      postal_code: '4110••',
    },
  },
  items: [{
    id: exampleIds.item,
    external_item_id: 'S-1001-1',
    sku: 'KURTA-M-BLUE',
    listing_id: 'L-77',
    title: 'Cotton kurta',
    quantity: 1,
    cancelled_quantity: 0,
    total_paise: 64700,
    hsn: '62114210',
    gst_rate_bp: 1200,
  }],
  created_at: at,
  updated_at: at,
  job_run_id: exampleIds.run,
}
export const marketplaceExample = {
  code: 'SAMPLE',
  name: 'Sample Bazaar',
  targets: ['ORDERS'],
}
export const accountExample = {
  id: exampleIds.account,
  marketplace: 'SAMPLE',
  external_account_id: 'SELLER-42',
  name: 'Main shop',
  needs_reconnect: false,
  reconnect_reason: null,
  paused_at: null,
  pause_reason: null,
  last_validated_at: at,
  last_validation_status: 'OK',
  targets: ['ORDERS'],
  created_at: at,
  schedules: [{ target: 'ORDERS', cron: '*/15 * * * *', paused: false, next_run_at: at }],
}
export const runExample = {
  id: exampleIds.run,
  marketplace_account_id: exampleIds.account,
  target: 'ORDERS',
  reason: 'manual',
  state: 'DONE',
  window_from: null,
  window_to: null,
  pages: 2,
  received: 120,
  new: 100,
  changed: 5,
  unchanged: 14,
  rejected: 1,
  rejected_reasons: { 'no-such-sku': 1 },
  unknown_words: { 'Held at hub': 2 },
  failure: null,
  created_at: at,
  started_at: at,
  finished_at: at,
}
/** A list of one, which is the last page. */
export const pageOf = (item: unknown) => ({ data: [item], page: { next: null } })
