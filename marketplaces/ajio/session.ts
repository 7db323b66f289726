/** Whether an account's session is alive, and whether it is that account's. */
import { failure } from 'robnu/plugin'
import { connect } from './client.ts'
import type { AjioAdapter } from './sync.ts'

/** Store, POB and GSTIN must be those of the details: a session of another store reads its orders. */
export const verify: AjioAdapter['verify'] = async (account, ctx) => {
  const { details, externalAccountId } = account
  if (details.pob_id !== externalAccountId) {
    throw failure('rejected', 'Cannot connect to AJIO: pob_id is not the id of the account')
  }
  const session = await connect(account, ctx).session()
  const others = [
    session.pobId === externalAccountId ? [] : ['POB'],
    session.storeCode === details.store_code ? [] : ['store code'],
    session.gstin === null || session.gstin === details.gstin ? [] : ['GSTIN'],
  ].flat()
  if (others.length === 0) return
  const message =
    `Cannot connect to AJIO: the session is of another ${others.join(' and ')} than the ` +
    'details say, sign in to seller.ajio.com with the right POB and connect anew'
  throw failure('auth', message, { code: 'details-differ' })
}

/** Four fresh blobs; a pair works once, so the host lets one worker ask. */
export const refresh: NonNullable<AjioAdapter['refresh']> = (account, ctx) =>
  connect(account, ctx).refresh()
