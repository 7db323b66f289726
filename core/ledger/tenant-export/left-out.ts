/** What an export of all that a seller has opens, and what it leaves out, by name and with the reason. */

/** Sealed columns that are given in clear: the buyers. Every other one is somebody's credential. */
export const openedColumns: readonly string[] = [
  'orders.customer_name_enc',
  'orders.customer_phone_enc',
  'orders.customer_email_enc',
  'orders.address_enc',
  'quarantined_rows.raw_enc',
]

/** Tables of the seller that are no data of the seller. */
export const leftOutTables: Readonly<Record<string, string>> = {
  sessions: 'signed-in devices of people, and what they prove themselves with',
  work_items: 'work in hand; what it was about stands in its run, batch or import',
  outbox: 'messages on their way between our own processes',
  inbox: 'which of those messages have arrived',
  idempotency_keys: 'requests of the last day, so that none acts twice',
  rate_buckets: 'how often a marketplace was asked in this minute',
  key_news: 'word between our own processes',
  shred_samples: 'sealed values, to be tried when their keys are gone',
  shred_trials: 'what our processes found when they tried them; the certificate tells it',
  tenant_export_parts: 'this export itself: its manifest tells them',
}

/** `<table>.<column>`, `*` for any table; sealed columns that are not opened need no line. */
const leftOutColumns: Readonly<Record<string, string>> = {
  'seller_keys.wrapped': 'a key, which no export may take along',
  'api_keys.secret_hash': 'what a secret is checked against',
  'api_keys.authz_version': 'a count of ours, of changes to rights',
  'invitations.token_hash': 'what a secret is checked against',
  'audit_anchors.secret_enc': 'a secret that we sign webhooks with',
  'orders.customer_phone_idx': 'the phone number under a key of ours, to be found by',
  'orders.customer_email_idx': 'the e-mail address under a key of ours, to be found by',
  'quarantined_rows.buyers_idx': 'numbers and addresses under a key of ours, to be found by',
  '*.content_hash': 'the row under a key of ours, to tell whether it has changed',
}

export const whyLeftOut = (table: string, column: string): string | undefined =>
  leftOutColumns[`${table}.${column}`] ?? leftOutColumns[`*.${column}`]
