/** What the shops offer, as Bazaar believes it. */
import { type ControlVerb, controlVerb } from 'robnu/testing'
import type { SandboxAnswer, SandboxRequest, SandboxRoute } from 'robnu/testing'
import { z } from 'zod'
import type { SignIn } from './sign-in.ts'

interface Shelves {
  readonly routes: readonly SandboxRoute[]
  readonly verbs: Readonly<Record<string, ControlVerb>>
}

/** `admits` tells whether a request may ask for one more. */
export const createShelves = (
  { host, shops, signIn, admits }: {
    readonly host: string
    readonly shops: readonly string[]
    readonly signIn: SignIn
    readonly admits: (shop: string) => boolean
  },
): Shelves => {
  const shelves = new Map(shops.map((shop) => [shop, new Map<string, number>()]))
  const unknown = new Set<string>()
  let pushes = 0
  const shelfOf = (shop: string): Map<string, number> => {
    const found = shelves.get(shop)
    if (!found) throw new Error(`there is no shop "${shop}"`)
    return found
  }
  const guarded =
    (handle: (shelf: Map<string, number>, request: SandboxRequest) => unknown) =>
    (request: SandboxRequest): SandboxAnswer => {
      const shop = request.params['shop'] ?? ''
      const shelf = shelves.get(shop)
      if (!shelf) return { status: 404, body: { error: 'shop' } }
      if (!signIn.admits(request, shop)) return { status: 401, body: { error: 'sign-in' } }
      if (!admits(shop)) {
        return { status: 429, headers: { 'retry-after': '1' }, body: { error: 'rate' } }
      }
      return { status: 200, body: handle(shelf, request) }
    }
  const path = '/v3/shops/{shop}/stock'
  return {
    routes: [
      {
        ...{ method: 'PUT', path, host, operation: 'pushStock' },
        handle: guarded((shelf, { body }) => {
          pushes += 1
          const { items } = Told.parse(JSON.parse(body))
          return {
            items: items.map(({ sku, pieces }) => {
              if (unknown.has(sku)) return { sku, refused: 'No such SKU in this shop' }
              shelf.set(sku, pieces)
              return { sku, refused: null }
            }),
          }
        }),
      },
      {
        ...{ method: 'GET', path, host, operation: 'readStock' },
        handle: guarded((shelf, { url }) => ({
          items: url.searchParams.getAll('sku').flatMap((skus) => skus.split(','))
            .flatMap((sku) => shelf.has(sku) ? [{ sku, pieces: shelf.get(sku) }] : []),
        })),
      },
    ],
    verbs: {
      stock: controlVerb('what the shop offers; changes it', Verb, ({ shop, set, forget }) => {
        const shelf = shelfOf(shop)
        for (const [sku, pieces] of Object.entries(set)) shelf.set(sku, pieces)
        for (const sku of forget) unknown.add(sku)
        return { stock: Object.fromEntries(shelf), pushes }
      }),
    },
  }
}

const Told = z.strictObject({
  items: z.array(z.strictObject({ sku: z.string(), pieces: z.number().int().min(0) })).max(500),
})
const Verb = z.strictObject({
  shop: z.string(),
  /** As somebody would at the portal. */
  set: z.record(z.string(), z.number().int()).default({}),
  /** SKUs that the shop refuses from now on. */
  forget: z.array(z.string()).default([]),
})
