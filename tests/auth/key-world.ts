/** What tests of API keys do over and over: make one, use one, and look at its row. */
import {
  type AccessWorld,
  type Answer,
  type Ask,
  openAccessWorld,
  type Person,
} from '../http/access-world.ts'

export const path = '/v1/api-keys'

export interface MadeKey {
  readonly id: string
  readonly secret: string
}
export interface KeyWorld {
  readonly access: AccessWorld
  readonly ask: AccessWorld['ask']
  readonly owner: Person
  /** By the OWNER, for reading orders, unless it says else. */
  readonly make: (json?: object, by?: Person) => Promise<MadeKey>
  readonly rotate: (by: Person, id: string, json?: object) => Promise<Answer>
  // deno-lint-ignore no-explicit-any -- the columns of the table, as the driver reads them
  readonly rowOf: (id: string) => Promise<Readonly<Record<string, any>>>
  /** The status of a read of orders. */
  readonly reading: (key: string, ask?: Ask) => Promise<number>
}

/** Close `access` in `afterAll`. */
export const openKeyWorld = async (): Promise<KeyWorld> => {
  const access = await openAccessWorld()
  const { ask, owner } = access
  return {
    access,
    ask,
    owner,
    make: async (json = {}, by = owner) => {
      const { status, body, text } = await ask(by, path, {
        json: { name: 'Program', scopes: ['orders:read'], ...json },
      })
      if (status !== 201) throw new Error(text)
      return body
    },
    rotate: (by, id, json) =>
      ask(by, `${path}/${id}/rotate`, { method: 'POST', ...(json === undefined ? {} : { json }) }),
    rowOf: async (id) => {
      const [row] = await access.world.fresh.asSuperuser((admin) =>
        admin`select * from api_keys where id = ${id}`
      )
      return row ?? {}
    },
    reading: async (key, options) => (await ask(key, '/v1/orders?limit=1', options)).status,
  }
}
