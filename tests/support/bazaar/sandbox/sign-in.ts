/** Keys and tokens of the shops: issued, over, revoked. */
import { digitsOf, type SandboxAnswer, type SandboxRequest } from 'robnu/testing'

const tokenSeconds = 900

export interface SignIn {
  readonly keyOf: (shop: string) => string
  /** How many tokens were asked for, granted or not. */
  readonly asked: () => number
  readonly token: (request: SandboxRequest) => SandboxAnswer
  /** True when the request may read the shop. */
  readonly admits: (request: SandboxRequest, shop: string) => boolean
  /** Ends every token of the shop, or its key until `restore`. */
  readonly revoke: (shop: string, what: 'token' | 'key') => void
  readonly restore: (shop: string) => void
}

export const createSignIn = (
  seed: number,
  shops: readonly string[],
  now: () => number,
): SignIn => {
  const keys = new Map(shops.map((shop) => [`bzk_${digitsOf(seed, `key ${shop}`, 12)}`, shop]))
  const dead = new Set<string>()
  const tokens = new Map<string, { readonly shop: string; readonly until: number }>()
  let asked = 0
  const keyOf = (shop: string): string =>
    [...keys].find(([, owner]) => owner === shop)?.[0] ?? fail(shop)

  return {
    keyOf,
    asked: () => asked,
    token: ({ body }) => {
      asked += 1
      const shop = keys.get(new URLSearchParams(body).get('api_key') ?? '')
      if (shop === undefined || dead.has(shop)) return { status: 401, body: { error: 'key' } }
      const token = `bzt_${digitsOf(seed, `token ${asked}`, 14)}`
      tokens.set(token, { shop, until: now() + tokenSeconds * 1000 })
      return { status: 200, body: { token, valid_seconds: tokenSeconds } }
    },
    admits: (request, shop) => {
      const [scheme, value = ''] = (request.header('authorization') ?? '').split(' ')
      if (dead.has(shop)) return false
      if (scheme === 'Key') return keys.get(value) === shop
      const token = tokens.get(value)
      return scheme === 'Bearer' && token?.shop === shop && token.until > now()
    },
    revoke: (shop, what) => {
      if (what === 'key') dead.add(shop)
      for (const [token, { shop: owner }] of tokens) if (owner === shop) tokens.delete(token)
    },
    restore: (shop) => void dead.delete(shop),
  }
}

const fail = (shop: string): never => {
  throw new Error(`The sandbox has no shop "${shop}"`)
}
