/** The keyring of the house with a key service in this process: KMS is no part of what is measured. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { Buffer } from 'node:buffer'
import { createKeyring, type Keyring } from '#core/crypto/keyring.ts'
import type { KeyContext, KeyWrapping } from '#core/crypto/kms.ts'
import type { Database } from '#core/db/database.ts'
import { silentLog } from '#core/log.ts'

export const openKeyring = (db: Database, secret: Uint8Array): Keyring =>
  createKeyring({
    db,
    kms: localKeyWrapping(secret),
    aliasOf: () => 'alias/bench',
    createMissingAlias: false,
    now: Date.now,
    // a run is longer than the five minutes after which keys are asked for again
    ttlMs: 24 * 3_600_000,
    log: silentLog,
  })

export const newSecret = (): Uint8Array => new Uint8Array(randomBytes(32))

/** Wraps under `secret`, so that the server process opens what this one has sealed. */
const localKeyWrapping = (secret: Uint8Array): KeyWrapping => ({
  generate: (_alias, context) => {
    const plain = new Uint8Array(randomBytes(32))
    const nonce = randomBytes(12)
    const wrapping = createCipheriv('aes-256-gcm', secret, nonce).setAAD(aad(context))
    const wrapped = Buffer.concat([nonce, wrapping.update(plain), wrapping.final()])
    return Promise.resolve({
      plain,
      wrapped: new Uint8Array(Buffer.concat([wrapped, wrapping.getAuthTag()])),
    })
  },
  unwrap: (wrapped, context) => {
    const opening = createDecipheriv('aes-256-gcm', secret, wrapped.subarray(0, 12))
      .setAAD(aad(context))
      .setAuthTag(wrapped.subarray(-16))
    const plain = Buffer.concat([opening.update(wrapped.subarray(12, -16)), opening.final()])
    return Promise.resolve(new Uint8Array(plain))
  },
  ensureAlias: () => Promise.resolve(),
})

const aad = (context: KeyContext) => Buffer.from(JSON.stringify(Object.entries(context)))
