/** Sealing under an emulated KMS key: AES-256-GCM, bound to key, version and encryption context. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { Buffer } from 'node:buffer'
import { kmsError } from './kms-errors.ts'
import type { Key } from './kms-state.ts'

export type EncryptionContext = Readonly<Record<string, string>>

export interface Blob {
  readonly keyId: string
  readonly version: number
  readonly nonce: Uint8Array
  readonly tag: Uint8Array
  readonly sealed: Uint8Array
}

// 01 | key id 16 | version u32 | nonce 12 | tag 16 | ciphertext
const format = 1
const headerBytes = 1 + 16 + 4 + 12 + 16

export const newKeyMaterial = (): string => randomBytes(32).toString('base64')

export const seal = (key: Key, plain: Uint8Array, context: EncryptionContext = {}): Uint8Array => {
  const version = key.versions.length - 1
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', material(key, version), nonce)
  cipher.setAAD(boundTo(key.id, version, context))
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()])
  const head = Buffer.alloc(5)
  head.writeUInt8(format, 0)
  head.writeUInt32BE(version, 1)
  const id = Buffer.from(key.id.replaceAll('-', ''), 'hex')
  return Buffer.concat([
    head.subarray(0, 1),
    id,
    head.subarray(1),
    nonce,
    cipher.getAuthTag(),
    sealed,
  ])
}

/** Reads which key sealed the blob, without opening it. */
export const parseBlob = (bytes: Uint8Array): Blob => {
  const blob = Buffer.from(bytes)
  if (blob.length < headerBytes || blob[0] !== format) throw kmsError('InvalidCiphertextException')
  const hex = blob.toString('hex', 1, 17)
  return {
    keyId: hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
    version: blob.readUInt32BE(17),
    nonce: blob.subarray(21, 33),
    tag: blob.subarray(33, 49),
    sealed: blob.subarray(49),
  }
}

/** A wrong context fails like a changed ciphertext, as in AWS. */
export const open = (key: Key, blob: Blob, context: EncryptionContext = {}): Uint8Array => {
  try {
    const cipher = createDecipheriv('aes-256-gcm', material(key, blob.version), blob.nonce)
    cipher.setAAD(boundTo(key.id, blob.version, context)).setAuthTag(blob.tag)
    return Buffer.concat([cipher.update(blob.sealed), cipher.final()])
  } catch {
    throw kmsError('InvalidCiphertextException')
  }
}

const material = (key: Key, version: number): Uint8Array => {
  const text = key.versions[version]
  if (text === undefined) throw kmsError('InvalidCiphertextException')
  return Buffer.from(text, 'base64')
}

/** The order in which a client names the pairs must not matter. */
const boundTo = (keyId: string, version: number, context: EncryptionContext): Uint8Array => {
  const pairs = Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1))
  return Buffer.from(JSON.stringify([keyId, version, pairs]))
}
