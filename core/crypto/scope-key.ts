/** The key that a process signs its entries with, made of the one secret of the house. */
import { type ScopeKey, scopeKeyOf } from '../db/proof.ts'
import { deriveKey } from './derive.ts'

export const scopeKeyFrom = (secret: string): ScopeKey => scopeKeyOf(deriveKey(secret, 'scopes'))
