/** What a walk knows: which row belongs to whom. Filled from the database, asked about every answer. */
import type { Operations } from '#core/db/operations.ts'
import { ownersReader, sellerTables } from '../look.ts'
import { sellersIn } from '../marks.ts'
import type { Party } from '../parties.ts'
import type { Kind } from '../route-row.ts'
import { routeRows } from '../route-rows.ts'

export interface Model {
  readonly parties: readonly Party[]
  /** Newest last. */
  readonly idsOf: (seller: number, kind: Kind) => readonly string[]
  readonly kinds: readonly Kind[]
  /** Sellers in whose rows the id stands; undefined: nobody knows yet. */
  readonly ownersOf: (id: string) => ReadonlySet<number> | undefined
  /** A row that an answer says was made. */
  readonly made: (seller: number, kind: Kind, id: string) => void
  /** Reads newer ids of the sellers from the database. */
  readonly refresh: (sellers: readonly number[]) => Promise<void>
  /** Of all sellers, by their ids; those that were founded in walks have their founder's. */
  readonly numbers: ReadonlyMap<string, number>
  /** Asks the database whose the ids are; those that nobody has are in no row of a seller. */
  readonly lookUp: (ids: readonly string[]) => Promise<void>
}

const kept = 60 // of each kind; walks need some, not all

export const openModel = async (sql: Operations, parties: readonly Party[]): Promise<Model> => {
  const readOwners = await ownersReader(sql)
  const tables = (await sellerTables(sql)).filter(({ hasId }) => hasId)
  const asked = Object.values(routeRows).flatMap(({ ids }) => Object.values(ids ?? {}))
  const kinds = [...new Set([...tables.map(({ name }) => `${name}.id`), ...asked, 'sellers.id'])]
  const numbers = new Map(parties.map(({ sellerId, number }) => [sellerId, number]))
  const ids = new Map<string, string[]>()
  const owners = new Map<string, Set<number>>()

  const own = (id: string, seller: number): void => {
    const known = owners.get(id)
    if (known) known.add(seller)
    else owners.set(id, new Set([seller]))
  }
  const refresh = async (sellers: readonly number[]): Promise<void> => {
    for (const party of parties.filter(({ number }) => sellers.includes(number))) {
      const { number, sellerId } = party
      for (const { kind, found } of await newestIds(sql, kinds, sellerId)) {
        ids.set(`${number} ${kind}`, found)
        // of another column may be what several sellers have: whoever of the staff looked in
        if (kind.endsWith('.id')) { for (const id of found) own(id, number) }
      }
    }
    await readFounded()
  }
  /** Sellers that were founded in a walk belong to whose mark their name holds. */
  const readFounded = async (): Promise<void> => {
    for (
      const { id, name } of await sql<{ id: string; name: string }[]>`
      select id, name from sellers where not id = any(${[...numbers.keys()]}::uuid[])`
    ) {
      const [number] = sellersIn(name)
      if (number === undefined) throw new Error(`Whose is the seller "${name}"?`)
      numbers.set(id, number)
      own(id, number)
    }
  }
  const lookUp = async (unknown: readonly string[]): Promise<void> => {
    if (unknown.length === 0) return
    await readFounded()
    for (const [id, sellerIds] of await readOwners(unknown)) {
      const found = [...sellerIds].map((sellerId) => numbers.get(sellerId) ?? 0)
      owners.set(id, new Set(found))
    }
  }
  await refresh(parties.map(({ number }) => number))
  return {
    parties,
    kinds,
    idsOf: (seller, kind) => ids.get(`${seller} ${kind}`) ?? [],
    ownersOf: (id) => owners.get(id),
    made: (seller, kind, id) => {
      const key = `${seller} ${kind}`
      ids.set(key, [...(ids.get(key) ?? []).slice(1 - kept), id])
      own(id, seller)
    },
    refresh,
    lookUp,
    numbers,
  }
}

const newestIds = async (
  sql: Operations,
  kinds: readonly Kind[],
  sellerId: string,
): Promise<readonly { readonly kind: Kind; readonly found: string[] }[]> => {
  const parts = kinds.map((kind) => {
    const [table = '', column = ''] = kind.split('.')
    const owner = table === 'sellers' ? 'id' : 'seller_id'
    return `select '${kind}' as kind, array(
      select distinct ${column} as id from ${table} where ${owner} = $1 order by id desc limit ${kept}
    )::text[] as found`
  })
  const rows = await sql.unsafe<{ kind: string; found: string[] }[]>(parts.join(' union all '), [
    sellerId,
  ])
  return rows.map(({ kind, found }) => ({ kind, found: found.toReversed() }))
}
