/** Opaque tokens that hold what they mean: they outlive a restart, and nobody can make one. */
import { Buffer } from 'node:buffer'
import { createHmac, timingSafeEqual } from 'node:crypto'

export interface Signer {
  readonly sign: (value: unknown) => string
  /** What was signed; undefined for anything that was not signed here. */
  readonly open: (token: string) => unknown
}

/** A signer for one purpose: a token of another purpose does not open. */
export const createSigner = (seed: number, purpose: string): Signer => {
  const macOf = (body: string) => createHmac('sha256', `${seed}/${purpose}`).update(body).digest()
  return {
    sign: (value) => {
      const body = Buffer.from(JSON.stringify(value)).toString('base64url')
      return `${body}.${macOf(body).toString('base64url')}`
    },
    open: (token) => {
      const [body = '', mac = ''] = token.split('.')
      const given = Buffer.from(mac, 'base64url')
      const wanted = macOf(body)
      if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined
      return JSON.parse(Buffer.from(body, 'base64url').toString())
    },
  }
}
