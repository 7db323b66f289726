/** Whether an account's key and secret work, and whether they are that account's. */
import { failure } from 'robnu/plugin'
import { connect } from './client.ts'
import type { MeeshoAdapter } from './sync.ts'

/** Supplier, merchant and location must be those of the details: stock goes to one location only. */
export const verify: MeeshoAdapter['verify'] = async (account, ctx) => {
  const { details, externalAccountId } = account
  if (details.supplier_identifier !== externalAccountId) {
    const message = 'Cannot connect to Meesho: supplier_identifier is not the id of the account'
    throw failure('rejected', message)
  }
  const told = await connect(account, ctx).account()
  const isSame = (one: string | null | undefined, other: string | null | undefined) =>
    one === null || one === undefined || other === null || other === undefined || one === other
  const others = [
    told.supplier_identifier === externalAccountId ? [] : ['supplier identifier'],
    told.merchant_id === details.merchant_id ? [] : ['merchant id'],
    isSame(told.supplier_id, details.supplier_id) ? [] : ['supplier id'],
    isSame(told.location_external_identifier, details.location_external_identifier)
      ? []
      : ['location identifier'],
  ].flat()
  if (others.length > 0) {
    const message =
      `Cannot connect to Meesho: the key is of another ${others.join(' and ')} than ` +
      'the details say, mend them or connect with the right key'
    throw failure('auth', message, { code: 'details-differ' })
  }
  const preference = told.acceptance_preference
  if (!isSame(preference, details.acceptance_preference)) {
    // it may be changed in the panel at any time: processing goes by what it reads of each order
    ctx.log('acceptance-differs', { meesho: preference, details: details.acceptance_preference })
  }
}
