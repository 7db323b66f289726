/** A context over the sandbox through which nothing goes that Amazon's models do not know. */
import { Buffer } from 'node:buffer'
import type { Context, Download, HttpInit, Schema } from 'robnu/plugin'
import { type FakeContext, fakeContext, type FakeRequest } from 'robnu/testing'
import { expect } from 'vitest'
import { documentHost } from '../sandbox/documents.ts'
import { answerFault, type Models, requestFault } from './models.ts'
import type { World } from './support.ts'

/** How the adapter reads the answers of an operation. */
export interface Reader {
  readonly schema: Schema<unknown>
  readonly init: HttpInit
}
export interface Checked {
  readonly ctx: FakeContext
  /** By operationId. */
  readonly readers: ReadonlyMap<string, readonly Reader[]>
  /** By operationId: the statuses that were answered. */
  readonly statuses: ReadonlyMap<string, ReadonlySet<number>>
  /** A request that no adapter would make; its answer is checked, too. */
  readonly ask: (request: Partial<FakeRequest> & { url: URL }) => Promise<number>
}

const unmodelled = new Set(['api.amazon.com', documentHost])

export const checkedContext = (world: World, models: Models, config: unknown = {}): Checked => {
  const readers = new Map<string, Reader[]>()
  const statuses = new Map<string, Set<number>>()

  const send = async ({ method, url, headers, body }: Omit<FakeRequest, 'operation'>) => {
    const answer = await fetch(world.sandbox.url + url.pathname + url.search, {
      method,
      headers: { ...headers, 'x-robnu-upstream-host': url.host },
      ...(body === undefined ? {} : { body }),
    })
    const told = Object.fromEntries(answer.headers)
    // fetch has undone it
    delete told['content-encoding']
    return {
      ...{ status: answer.status, headers: told },
      body: new Uint8Array(await answer.arrayBuffer()),
    }
  }
  const check = async (request: Omit<FakeRequest, 'operation'>, isOurs: boolean) => {
    const answer = await send(request)
    if (unmodelled.has(request.url.host)) return answer
    const operation = models.find(request.method, request.url.pathname)
    const name = `${request.method} ${request.url.pathname}${request.url.search}`
    if (!operation) throw new Error(`no model has an operation ${name}`)
    if (isOurs) expect(requestFault(operation, request), name).toBeUndefined()
    const text = Buffer.from(answer.body).toString()
    const body: unknown = text === '' ? undefined : JSON.parse(text)
    const fault = answerFault(operation, { status: answer.status, body })
    expect(fault, `${name}: ${text.slice(0, 300)}`).toBeUndefined()
    const known = statuses.get(operation.id) ?? new Set()
    statuses.set(operation.id, known.add(answer.status))
    return answer
  }

  const inner = fakeContext({
    now: () => new Date(world.now()),
    config,
    respond: (request) => check(request, true),
  })
  const note = (url: string, schema: Schema<unknown>, init: HttpInit): void => {
    if (unmodelled.has(new URL(url).host)) return
    const id = init.operation ?? 'none'
    readers.set(id, [...readers.get(id) ?? [], { schema, init }])
  }
  const download: Context['download'] = async (url, init = {}): Promise<Download> => {
    const { method = 'GET', headers = {} } = init
    const asked = { method, url: new URL(url), headers, body: undefined }
    // what came inside of an answer was checked with it
    const byteSize = asked.url.protocol === 'data:'
      ? url.length
      : (await check(asked, true)).body.byteLength
    return {
      ...{ sha256: '0'.repeat(64), byteSize, mime: 'application/pdf' },
      storageKey: url,
    }
  }
  const ctx: FakeContext = {
    ...{ ...inner, download },
    http: (schema, url, init = {}) => {
      note(url, schema, init)
      return inner.http(schema, url, init)
    },
  }
  return {
    ...{ ctx, readers, statuses },
    ask: async ({ method = 'GET', url, headers = {}, body }) =>
      (await check({ method, url, headers, body }, false)).status,
  }
}
