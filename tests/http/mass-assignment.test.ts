/** Bodies take the members that they name: no column of the database comes in beside them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { makeWorld } from './fakes.ts'

let fresh: FreshDatabase
let columns: readonly string[]
beforeAll(async () => {
  fresh = await freshDatabase()
  const rows = await fresh.asSuperuser((admin) =>
    admin<{ name: string }[]>`
      select distinct a.attname::text as name from pg_attribute a
      join pg_class c on c.oid = a.attrelid
      where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0`
  )
  columns = rows.map(({ name }) => name)
})
afterAll(() => fresh?.close())

describe('a body', () => {
  it('is refused with any column of any table that its route does not name', async () => {
    const world = await makeWorld({ steppedUp: true })
    const routes = world.app.routes.filter(({ body, permission }) =>
      body !== undefined && permission !== 'public' && !permission.startsWith('staff:')
    ).filter(({ examples }) => examples?.body !== undefined)
    expect(routes.length).toBeGreaterThan(8)
    expect(columns.length).toBeGreaterThan(150)
    const { cookie } = await world.signedIn(world.addUser('OWNER'))
    let tried = 0
    for (const route of routes) {
      const name = `${route.method} ${route.path}`
      const example = route.examples?.body as Readonly<Record<string, unknown>>
      const send = async (json: object) => {
        const response = await world.ask(route.path.replaceAll(/\{\w+\}/g, crypto.randomUUID()), {
          method: route.method.toUpperCase(),
          cookie,
          json,
          headers: { 'idempotency-key': crypto.randomUUID() },
        })
        return response.status === 204 ? undefined : await response.json() as {
          readonly code?: string
          readonly errors?: readonly { readonly pointer: string }[]
        }
      }
      // what is refused below is refused for its column alone
      expect((await route.body?.['~standard'].validate(example))?.issues, name).toBe(undefined)
      // a member that the route names is refused for its value, and is no column that comes in
      for (const column of [...columns, 'constructor', 'prototype']) {
        if (column in example) continue
        const answer = await send({ ...example, [column]: { any: 'thing' } })
        expect(answer?.code, `${name}: ${column}`).toBe('invalid-request')
        expect(answer?.errors?.length, `${name}: ${column}`).toBeGreaterThan(0)
        tried++
      }
    }
    expect(tried).toBeGreaterThan(1_500)
  })
})
