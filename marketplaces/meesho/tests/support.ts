/** A connection, the examples of the wire contract, and contexts that answer by a function. */
import { readFileSync } from 'node:fs'
import { type Failure, failureOf, type Page } from 'robnu/plugin'
import { type FakeAnswer, type FakeContext, fakeContext, type FakeRequest } from 'robnu/testing'
import meesho from '../mod.ts'
import { Credentials, Cursor, Details } from '../schemas.ts'
import type { Connection } from '../transport.ts'

// deno-lint-ignore no-explicit-any -- examples that tests break on purpose
export type Json = any

const wire = readFileSync(new URL('../wire.md', import.meta.url), 'utf8')
const [order, returned, event] = [...wire.matchAll(/```json\n([\s\S]*?)```/g)]
  .map(([, text]) => text ?? '')
/** Fresh copies of the examples in `wire.md`. */
export const anOrder = (more: object = {}): Json => ({ ...JSON.parse(order ?? ''), ...more })
export const aReturn = (more: object = {}): Json => ({ ...JSON.parse(returned ?? ''), ...more })
export const anEvent = (): Json => JSON.parse(event ?? '')

export const start = new Date('2026-08-14T04:00:00.000Z')
export const secret = 'secret-of-the-vector'

export const connection = (details: object = {}): Connection => ({
  id: 'account-1',
  externalAccountId: 'SUP100001',
  details: Details.parse({
    merchant_id: 'MER1',
    supplier_identifier: 'SUP100001',
    location_external_identifier: 'LOC-1',
    acceptance_preference: 'MANUAL',
    ...details,
  }),
  credentials: Credentials.parse({
    api_key: 'key-of-the-supplier',
    api_secret: secret,
    webhook_secret: 'webhook-secret-1',
  }),
})

export const answering = (
  respond: (request: FakeRequest) => FakeAnswer | Promise<FakeAnswer>,
  now: () => Date = () => start,
): FakeContext =>
  fakeContext({
    ...{ respond, now, hosts: meesho.hosts },
    ...(meesho.limits ? { limits: meesho.limits } : {}),
  })

export const refusal = (status: number, code: string, more: object = {}): FakeAnswer => ({
  status,
  body: { error: { code, message: 'no' }, ...more },
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
