/** Which shipments may go into an open manifest and out of it, as far as the ledger knows. */
import { z } from 'zod'
import { uuidArray } from '../../db/arrays.ts'
import type { SellerScope } from '../../db/database.ts'
import { sql } from '../../db/sql.ts'
import { fault } from '../../errors.ts'
import type { ClosurePolicy, ManifestChanges } from '../../plugin.ts'
import { mostShipments } from './load-batch.ts'

export interface OpenManifest {
  readonly id: string
  readonly accountId: string
  readonly externalId: string
  readonly shipmentCount: number
  readonly closure: ClosurePolicy
}
/** Shipments by our ids. */
export interface ChangeAsk {
  readonly add: readonly string[]
  readonly remove: readonly string[]
}

/** The same in the marketplace's ids. Throws `invalid-request`, which names all that cannot go. */
export const planChanges = async (
  scope: SellerScope,
  manifest: OpenManifest,
  { add, remove }: ChangeAsk,
): Promise<ManifestChanges> => {
  const rows = await scope.any(sql.type(shipmentRow)`
    select s.id, s.external_shipment_id, s.manifest_id,
      -- some marketplaces tell of the order alone that its label is made
      s.status in ('READY_TO_SHIP', 'MANIFESTED')
        or s.status = 'PACKED' and o.status in ('READY_TO_SHIP', 'MANIFESTED') as ready
    from shipments s join orders o on o.seller_id = s.seller_id and o.id = s.order_id
    where s.seller_id = ${scope.sellerId} and s.marketplace_account_id = ${manifest.accountId}
      and s.id = any(${uuidArray([...add, ...remove])}::uuid[])`)
  const found = new Map(rows.map((row) => [row.id, row]))
  const told = (name: 'add' | 'remove', why: (row: Row) => string | undefined) =>
    ({ add, remove })[name].flatMap((id, at) => {
      const row = found.get(id)
      const message = row ? why(row) : 'is no shipment of the account'
      return message === undefined ? [] : [{ pointer: `/${name}/${at}`, message }]
    })
  const errors = [
    ...told(
      'add',
      ({ ready, manifest_id }) =>
        !ready
          ? 'is not ready to ship'
          : manifest_id !== null && manifest_id !== manifest.id
          ? 'is in another manifest'
          : undefined,
    ),
    ...told(
      'remove',
      ({ manifest_id }) => manifest_id === manifest.id ? undefined : 'is not in the manifest',
    ),
  ]
  if (errors.length > 0) throw fault('invalid-request', { errors })
  const fresh = add.filter((id) => found.get(id)?.manifest_id !== manifest.id)
  if (manifest.shipmentCount + fresh.length - remove.length > mostShipments) {
    const message = `are too many: a manifest holds ${mostShipments} shipments`
    throw fault('invalid-request', { errors: [{ pointer: '/add', message }] })
  }
  const external = (ids: readonly string[]) =>
    ids.flatMap((id) => found.get(id)?.external_shipment_id ?? [])
  return { externalId: manifest.externalId, add: external(add), remove: external(remove) }
}

const shipmentRow = z.object({
  id: z.string(),
  external_shipment_id: z.string(),
  ready: z.boolean(),
  manifest_id: z.string().nullable(),
})
type Row = z.infer<typeof shipmentRow>
