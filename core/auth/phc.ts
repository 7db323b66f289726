/** The stored form of a password: PHC strings of Argon2id, and nothing else. */
import { Buffer } from 'node:buffer'

export interface Argon2Params {
  readonly memoryKib: number
  readonly passes: number
  readonly lanes: number
}
export interface Phc extends Argon2Params {
  readonly salt: Uint8Array
  readonly hash: Uint8Array
  /** The number of the pepper, as `keyid`; absent: without one. */
  readonly pepper?: number | undefined
}

const form =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})(?:,keyid=([A-Za-z0-9+/]{2,4}))?\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/
// a row in the database must not be able to ask for all the memory there is
const maxMemoryKib = 1024 * 1024

export const formatPhc = ({ memoryKib, passes, lanes, salt, hash, pepper }: Phc): string => {
  // base64 as the format asks for, of the digits
  const keyId = pepper === undefined ? '' : `,keyid=${base64(Buffer.from(String(pepper)))}`
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${lanes}${keyId}$${base64(salt)}$${
    base64(hash)
  }`
}

/** Undefined for anything that `formatPhc` would not write. */
export const parsePhc = (text: string): Phc | undefined => {
  const [, memory, passes, lanes, keyId, salt, hash] = form.exec(text) ?? []
  if (salt === undefined || hash === undefined) return undefined
  const pepper = keyId === undefined ? undefined : Buffer.from(keyId, 'base64').toString()
  if (pepper !== undefined && !/^\d{1,3}$/.test(pepper)) return undefined
  const phc = {
    memoryKib: Number(memory),
    passes: Number(passes),
    lanes: Number(lanes),
    salt: new Uint8Array(Buffer.from(salt, 'base64')),
    hash: new Uint8Array(Buffer.from(hash, 'base64')),
    ...(pepper === undefined ? {} : { pepper: Number(pepper) }),
  }
  const isSane = phc.passes > 0 && phc.lanes > 0 && phc.memoryKib >= 8 * phc.lanes &&
    phc.memoryKib <= maxMemoryKib
  return isSane ? phc : undefined
}

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes).toString('base64').replaceAll('=', '')
