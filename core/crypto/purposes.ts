/** Why sealed fields are opened: every word that the decrypt ledger knows, with what it says to people. */

/** A line for each; who opens for another reason adds one. Words are never taken back: rows have them. */
export const openingPurposes = {
  'orders.list': 'Buyers were shown in a list of orders',
  'orders.detail': 'A buyer was shown with the order',
  'orders.reveal': 'One buyer was unmasked, for a reason that was given',
  'orders.index': 'Buyers were made findable by phone and e-mail',
  'processing.validate': 'Addresses were checked before orders were processed',
  'documents.packing-slip': 'A packing slip was made',
  'documents.customer-invoice': 'An invoice for the buyer was made',
  'documents.label': 'A label was made',
  'principals.export': 'The data of one buyer was given out',
  'tenant.export': 'All that the seller has was written into files',
  'archive.read': 'Archived answers of a marketplace were read',
  retention: 'Fields were looked at before they were erased',
  'keys.rotate': 'Values were sealed anew under a new key',
  'keys.verify': 'Values were tried, to see that they open',
  'keys.shred': 'A sample was opened once more, before the keys were destroyed',
  sync: 'Credentials, to ask a marketplace for rows',
  stock: 'Credentials, to tell a marketplace of stock',
  processing: 'Credentials, to process orders at a marketplace',
  documents: 'Credentials, to get papers from a marketplace',
  verify: 'Credentials, to see whether a marketplace takes them',
  webhook: 'Credentials, to check the signature of a push',
  'credentials.replace': 'Credentials, to compare them with new ones',
} as const satisfies Readonly<Record<string, string>>

export type OpeningPurpose = keyof typeof openingPurposes

/** What a purpose says to people; the word itself where an older or newer release wrote it. */
export const purposeSentence = (purpose: string): string =>
  Object.hasOwn(openingPurposes, purpose) ? openingPurposes[purpose as OpeningPurpose] : purpose
