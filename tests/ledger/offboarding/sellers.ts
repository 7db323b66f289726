/** What sellers have before they leave, and what nobody of ours could have afterwards. */
import type { Entry } from '../../../core/db/database.ts'
import { newId } from '../../../core/ids.ts'
import { canary } from '../../support/canary.ts'
import type { Pages } from '../support/pages.ts'
import type { House } from './support.ts'

/** A session that outlives everything, as nobody of ours could have one. */
export const revive = async (house: House, sellerId: string): Promise<Entry> => {
  const [row] = await house.fresh.asSuperuser(async (admin) => {
    await admin`update seller_users set removed_at = null where seller_id = ${sellerId}`
    return await admin<{ ref: string }[]>`
      update sessions set revoked_at = null where seller_id = ${sellerId}
      returning id::text || '/' || user_authz || '.' || seller_authz as ref`
  })
  return { sellerId, kind: 'session', ref: row?.ref ?? '' }
}

/** An account with credentials of a plugin that is not here, a schedule, and a file; the file's id. */
export const connect = async (
  house: House,
  { seller: { sellerId }, accountId, inScope }: Pages,
): Promise<string> => {
  const fileId = newId()
  const [token, spare] = await inScope((_scope, keys) =>
    Promise.resolve(
      ['token_enc', 'spare_enc'].map((column) =>
        keys.seal('shop_account_details', column, accountId, canary)
      ),
    )
  )
  await house.fresh.asSuperuser(async (admin) => {
    await admin.unsafe(`
      create table shop_account_details (
        seller_id uuid not null, marketplace_account_id uuid not null,
        token_enc bytea not null, spare_enc bytea, primary key (seller_id, marketplace_account_id));
      select app_protect('shop_account_details')`)
    await admin`
      insert into shop_account_details values (${sellerId}, ${accountId}, ${token ?? null},
        ${spare ?? null})`
    await admin`
      insert into schedules values (${sellerId}, ${accountId}, 'ORDERS', '*/15 * * * *', false, now())`
    await admin`
      insert into storage_objects (seller_id, id, bucket, storage_key, mime, state, stored_at,
        byte_size, sha256, kept_at)
      values (${sellerId}, ${fileId}, 'files', ${`documents/${sellerId}/slip.pdf`},
        'application/pdf', 'STORED', now(), 1, sha256('x'), now())`
  })
  return fileId
}
