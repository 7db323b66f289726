/** A connection, the examples of the wire contract, and contexts that answer by a function. */
import { readFileSync } from 'node:fs'
import { type Failure, failureOf, type Page } from 'robnu/plugin'
import { type FakeAnswer, type FakeContext, fakeContext, type FakeRequest } from 'robnu/testing'
import ajio from '../mod.ts'
import { Credentials, Cursor, Details } from '../schemas.ts'
import type { Connection } from '../transport.ts'

// deno-lint-ignore no-explicit-any -- examples that tests break on purpose
export type Json = any

const wire = readFileSync(new URL('../wire.md', import.meta.url), 'utf8')
const [order, returned, settlement] = [...wire.matchAll(/```json\n([\s\S]*?)```/g)]
  .map(([, text]) => text ?? '')
/** Fresh copies of the examples in `wire.md`. */
export const anOrder = (): Json => JSON.parse(order ?? '')
export const aReturn = (): Json => JSON.parse(returned ?? '')
export const aSettlement = (): Json => JSON.parse(settlement ?? '')

export const start = new Date('2026-08-20T06:30:00.000Z')
export const gstin = '27AAPFU0939F1ZV'

export const connection = (more: {
  readonly details?: object
  readonly credentials?: object
} = {}): Connection => ({
  id: 'account-1',
  externalAccountId: 'DV100001',
  details: Details.parse({ pob_id: 'DV100001', store_code: 'ST01', gstin, ...more.details }),
  credentials: Credentials.parse({
    access_token: 'access-1',
    refresh_token: 'refresh-1',
    session_context: 'context-1',
    user_context: 'user-1',
    ...more.credentials,
  }),
})

export const answering = (
  respond: (request: FakeRequest) => FakeAnswer | Promise<FakeAnswer>,
  now: () => Date = () => start,
): FakeContext =>
  fakeContext({ respond, now, hosts: ajio.hosts, ...(ajio.limits ? { limits: ajio.limits } : {}) })

export const pageOf = (content: readonly unknown[], totalPages = 1) => ({
  body: { content, page: 0, totalPages, totalElements: content.length },
})
export const refusal = (status: number, code: string, more: object = {}): FakeAnswer => ({
  status,
  body: { code, message: 'no', errors: [], ...more },
})

export const failureIn = (work: Promise<unknown>): Promise<Failure | undefined> =>
  work.then(() => undefined, (error: unknown) => {
    const failed = failureOf(error)
    if (!failed) throw error
    return failed
  })

/** The cursor as the host keeps it: JSON. */
export const kept = (cursor: Cursor): Cursor => Cursor.parse(JSON.parse(JSON.stringify(cursor)))

export const all = async <Row>(
  pages: AsyncIterable<Page<Row, Cursor>> | undefined,
): Promise<readonly Page<Row, Cursor>[]> => {
  const read: Page<Row, Cursor>[] = []
  for await (const page of pages ?? []) read.push(page)
  return read
}
