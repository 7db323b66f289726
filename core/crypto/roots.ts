/** The roots of one seller in clear, for as long as keys are loaded or made under them. */
import { sameBytes } from './digest.ts'
import type { KeyRow, NewKey, NewRoot } from './key-rows.ts'
import { contextOf, keyBytes, type KeyName, wrapUnder } from './key-wrap.ts'
import { destroyedKeys } from './keys.ts'
import type { KeyWrapping } from './kms.ts'
import { systemRandom } from './random.ts'

/** A root that new keys are wrapped under. */
export interface OpenRoot {
  readonly version: number
  readonly wrapped: Uint8Array
  /** Belongs to the `Roots` that it came from. */
  readonly plain: Uint8Array
  /** Null: it is stored already. */
  readonly made: NewRoot | null
}
export interface Roots {
  /** Asks KMS once for each root, and not for one that was made here. */
  readonly open: (rows: readonly KeyRow[], version: number) => Promise<Uint8Array>
  /** The one to wrap under; made where the seller has none. Throws when its keys were destroyed. */
  readonly current: (rows: readonly KeyRow[]) => Promise<OpenRoot>
  /** A new one, to take the place of those that there are. */
  readonly next: (rows: readonly KeyRow[]) => Promise<OpenRoot & { readonly made: NewRoot }>
  /** Zeroes all of them; nothing may be under way any more. */
  readonly close: () => void
}
interface RootSource {
  readonly kms: KeyWrapping
  readonly aliasOf: (sellerId: string) => string
  readonly createMissingAlias: boolean
}
type Known = Pick<KeyRow, 'version' | 'wrapped'>

export const openRoots = (
  { kms, aliasOf, createMissingAlias }: RootSource,
  sellerId: string,
): Roots => {
  const open: { readonly root: Known; readonly plain: Promise<Uint8Array> }[] = []
  const clear: Uint8Array[] = []
  const kept = (plain: Uint8Array): Uint8Array => {
    clear.push(plain)
    return plain
  }

  const plainOf = (root: Known): Promise<Uint8Array> => {
    const known = open.find(({ root: { version, wrapped } }) =>
      version === root.version && sameBytes(wrapped, root.wrapped)
    )
    if (known) return known.plain
    const plain = kms.unwrap(root.wrapped, contextOf(sellerId, nameOf(root))).then(kept)
    open.push({ root, plain })
    return plain
  }
  const make = async (version: number): Promise<OpenRoot & { readonly made: NewRoot }> => {
    const alias = aliasOf(sellerId)
    if (createMissingAlias) await kms.ensureAlias(alias)
    const { plain, wrapped } = await kms.generate(alias, contextOf(sellerId, nameOf({ version })))
    open.push({ root: { version, wrapped }, plain: Promise.resolve(kept(plain)) })
    return { version, wrapped, plain, made: { purpose: 'root', version, wrapped, alias } }
  }
  return {
    open: async (rows, version) => {
      const root = rows.find((row) => row.purpose === 'root' && row.version === version)
      if (root === undefined || root.state === 'DESTROYED') throw destroyedKeys(sellerId)
      return await plainOf(root)
    },
    current: async (rows) => {
      const seals = rows.filter(({ purpose }) => purpose === 'seal')
      const roots = rows.filter(({ purpose }) => purpose === 'root')
      const root = roots.find(({ state }) => state === 'CURRENT')
      if (root) return { ...root, plain: await plainOf(root), made: null }
      const isShredded = seals.length > 0 && !seals.some(({ state }) => state === 'CURRENT')
      if (isShredded || roots.length > 0) throw destroyedKeys(sellerId)
      return await make(1)
    },
    next: (rows) => {
      const roots = rows.filter(({ purpose }) => purpose === 'root')
      return make(Math.max(0, ...roots.map(({ version }) => version)) + 1)
    },
    close: () => {
      for (const plain of clear) plain.fill(0)
    },
  }
}

const nameOf = ({ version }: { readonly version: number }): KeyName => ({
  purpose: 'root',
  version,
})

/** A new key under the root; its bytes are here for a moment only. */
export const newKeyUnder = (
  root: OpenRoot,
  sellerId: string,
  name: { readonly purpose: NewKey['purpose']; readonly version: number },
): NewKey => {
  const plain = systemRandom(new Uint8Array(keyBytes))
  try {
    return { ...name, root, wrapped: wrapUnder(root.plain, sellerId, name, plain) }
  } finally {
    plain.fill(0)
  }
}
