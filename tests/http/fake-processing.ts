/** Nothing was processed yet, and one order has a slip. */
import type { Entry } from '../../core/db/database.ts'
import type { Services } from '../../core/http/services.ts'

export const fakeProcessing = (
  inside: <T>(entry: Entry, value: T) => Promise<T>,
  /** Has one paper. */
  order: { readonly id: string; readonly account: string; readonly at: Date },
): Pick<Services, 'processing' | 'manifests' | 'documents' | 'registrations'> => {
  const nothing = (entry: Entry) => inside(entry, null)
  return {
    processing: {
      ...{ start: nothing, get: nothing, lines: nothing },
      ...{ closeManifest: nothing, changeManifest: nothing },
      list: (entry) => inside(entry, { batches: [], next: null }),
    },
    manifests: { get: nothing, list: (entry) => inside(entry, { manifests: [], next: null }) },
    documents: {
      link: nothing,
      ofOrder: (entry, id) => inside(entry, id === order.id ? [paperOf(order)] : null),
    },
    registrations: {
      list: (entry) => inside(entry, []),
      put: (entry, gstin, input) =>
        inside(entry, { ...input, gstin, state_code: gstin.slice(0, 2), updated_at: new Date(0) }),
    },
  }
}

const paperOf = ({ id, account, at }: {
  readonly id: string
  readonly account: string
  readonly at: Date
}) => ({
  ...{ id, marketplace_account_id: account, order_id: id, shipment_id: null, manifest_id: null },
  ...{
    type: 'PACKING_SLIP',
    source: 'RENDERED',
    mime: 'application/pdf',
    byte_size: 4_407,
  } as const,
  ...{ sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', created_at: at },
})
