/** Page cursors: a position in one list of one seller under one set of filters, signed. */
import type { z } from '@hono/zod-openapi'
import { createSigner } from '../auth/signed.ts'
import { fault } from '../errors.ts'

/** The list that a cursor belongs to. */
interface CursorScope {
  readonly list: string
  readonly sellerId: string
  readonly filters: Readonly<Record<string, unknown>>
}
export interface Cursors {
  readonly write: (scope: CursorScope, position: unknown) => string
  /** Throws `invalid-cursor` for what was not written for this very scope. */
  readonly read: <Position>(
    scope: CursorScope,
    cursor: string,
    schema: z.ZodType<Position>,
  ) => Position
}

/** `key`: 32 bytes or more; the same in all processes, or a page turns invalid between them. */
export const createCursors = (key: Uint8Array): Cursors => {
  const signer = createSigner(key)
  return {
    write: (scope, position) => signer.sign(contextOf(scope), JSON.stringify(position)),
    read: (scope, cursor, schema) => {
      const text = signer.open(contextOf(scope), cursor)
      if (text === undefined) throw fault('invalid-cursor')
      // signed by us, so it is JSON; after a release its form may be another one
      const position = schema.safeParse(JSON.parse(text))
      if (!position.success) throw fault('invalid-cursor')
      return position.data
    },
  }
}

const contextOf = ({ list, sellerId, filters }: CursorScope): string => {
  const set = Object.entries(filters).filter(([, value]) => value !== undefined)
  return JSON.stringify([list, sellerId, set.toSorted(([a], [b]) => a < b ? -1 : 1)])
}
