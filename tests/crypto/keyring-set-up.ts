/** A keyring over a database and a key service in memory, on a clock that the test moves. */
import { expect, onTestFinished } from 'vitest'
import { createKeyring, type KeyringOptions } from '../../core/crypto/keyring.ts'
import { openerOf, type SellerKeys } from '../../core/crypto/keys.ts'
import { openText } from '../../core/crypto/seal.ts'
import type { Entry } from '../../core/db/database.ts'
import { hasCode } from '../../core/errors.ts'
import { newId } from '../../core/ids.ts'
import { silentLog } from '../../core/log.ts'
import { opensWithoutLedger } from '../support/opens.ts'
import { type FakeDatabase, fakeDatabase, fakeKms } from './fakes.ts'

export const minute = 60_000

/** Two that share `fake` and `vault` are two processes with one database and one KMS. */
export const setUp = (options: Partial<KeyringOptions> = {}, shared?: {
  fake: FakeDatabase
  vault: Map<string, Uint8Array>
}) => {
  opensWithoutLedger('keyrings over a database in memory, which has no ledger')
  const vault = shared?.vault ?? new Map<string, Uint8Array>()
  const fake = shared?.fake ?? fakeDatabase()
  const kms = fakeKms(vault)
  kms.before = () => expect(fake.isInScope(), 'a scope is open while KMS is asked').toBe(false)
  const clock = { ms: 1_000_000 }
  const keyring = createKeyring({
    db: fake.db,
    kms,
    aliasOf: () => 'alias/test',
    createMissingAlias: false,
    now: () => clock.ms,
    log: silentLog,
    ...options,
  })
  onTestFinished(keyring.close)
  return { vault, fake, kms, clock, keyring }
}
export const newEntry = (): Entry => ({ sellerId: newId(), kind: 'session', ref: `${newId()}/1.1` })
export const sealPhone = (keys: SellerKeys, rowId = 'r1') =>
  keys.seal('orders', 'phone_enc', rowId, '987')
export const openPhone = (keys: SellerKeys, blob: Uint8Array, rowId = 'r1') => {
  const { keyOf, column } = openerOf(keys)
  return openText(keyOf, column('orders', 'phone_enc'), rowId, blob)
}
/** The very bytes that the keyring holds. */
export const sealKeyOf = (keys: SellerKeys, version = 1): Uint8Array => {
  const key = openerOf(keys).keyOf(version)
  if (key === undefined) throw new Error(`There is no seal key of version ${version}`)
  return key
}
export const codeOf = async (work: () => unknown): Promise<string> => {
  try {
    await work()
    return 'done'
  } catch (error) {
    return hasCode(error, 'keys-unavailable') ? 'keys-unavailable' : String(error)
  }
}
