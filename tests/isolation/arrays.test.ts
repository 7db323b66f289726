import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import {
  boolArray,
  bytesArray,
  int4Array,
  int8Array,
  textArray,
  timestampArray,
  uuidArray,
} from '../../core/db/arrays.ts'
import { sql } from '../../core/db/sql.ts'
import { idOf } from '../../core/ids.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'

let fresh: FreshDatabase
beforeAll(async () => {
  fresh = await freshDatabase({ maxConnections: 2 })
})
afterAll(() => fresh.close())

const row = z.object({
  u: z.array(z.string().nullable()),
  b: z.array(z.boolean().nullable()),
  i: z.array(z.number().nullable()),
  l: z.array(z.string().nullable()),
  t: z.array(z.string().nullable()),
  x: z.array(z.string().nullable()),
  d: z.array(z.string().nullable()),
})
const read = (values: {
  readonly u: readonly (string | null)[]
  readonly b: readonly (boolean | null)[]
  readonly i: readonly (number | null)[]
  readonly l: readonly (number | null)[]
  readonly t: readonly (string | null)[]
  readonly x: readonly (Uint8Array | null)[]
  readonly d: readonly (Date | null)[]
}) =>
  fresh.db.bare.one(sql.type(row)`
    select to_json(${uuidArray(values.u)}::uuid[]) as u, to_json(${
    boolArray(values.b)
  }::bool[]) as b,
      to_json(${int4Array(values.i)}::int4[]) as i,
      to_json(${int8Array(values.l)}::int8[]::text[]) as l,
      to_json(${textArray(values.t)}::text[]) as t,
      to_json(array(select encode(v, 'hex')
        from unnest(${bytesArray(values.x)}::bytea[]) with ordinality a (v, n) order by n)) as x,
      to_json(array(select to_char(v at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS')
        from unnest(${timestampArray(values.d)}::timestamptz[]) with ordinality a (v, n)
        order by n)) as d`)

it('arrays arrive element by element, nulls at their places', async () => {
  const a = idOf('a')
  const b = idOf('b')
  const found = await read({
    u: [a, null, b],
    b: [true, null, false],
    i: [1, null, -2_147_483_648],
    l: [9_007_199_254_740_991, null, -1],
    t: ['ₒ "quoted", \\ {x}', null, ''],
    x: [new Uint8Array([0, 255]), null, new Uint8Array(0)],
    d: [new Date('2022-06-30T05:12:00.123Z'), null, new Date('1999-12-31T23:59:59.999Z')],
  })
  expect(found).toEqual({
    u: [a, null, b],
    b: [true, null, false],
    i: [1, null, -2_147_483_648],
    l: ['9007199254740991', null, '-1'],
    t: ['ₒ "quoted", \\ {x}', null, ''],
    x: ['00ff', null, ''],
    d: ['2022-06-30 05:12:00.123', null, '1999-12-31 23:59:59.999'],
  })
})

it('an empty array is an array', async () => {
  const found = await read({ u: [], b: [], i: [], l: [], t: [], x: [], d: [] })
  expect(Object.values(found)).toEqual(Array.from({ length: 7 }, () => []))
})
