/** A file of rows that an isolated plugin asks for: its lines come by hundreds, and stop when it does. */
import { beforeEach, expect, it } from 'vitest'
import { createCalls } from '../../../core/host/isolated/child-calls.ts'
import { createSession, type Session } from '../../../core/host/isolated/session.ts'
import {
  type Context,
  definePlugin,
  failure,
  failureOf,
  type HttpInit,
  type ReportRecord,
} from '../../../core/plugin.ts'

const plugin = {
  ...definePlugin({ id: 'shop', api: 1, version: '1.0.0' }),
  read: async (most: number, init: HttpInit, ctx: Context) => {
    const ask = { signature: ['Id', 'Amount'], groupBy: ['Id'] }
    const table = await ctx.table('https://shop.in/file', ask, init)
    const lines: number[] = []
    if (most === 0) return table && { columns: table.columns, lines }
    for await (const { line } of table?.records ?? []) {
      lines.push(line)
      if (lines.length >= most) break
    }
    return table && { columns: table.columns, lines }
  },
  many: async (count: number, ctx: Context) => {
    const ask = { signature: ['Id'] }
    for (let at = 0; at < count; at++) await ctx.table('https://shop.in/file', ask)
    return count
  },
  kind: async (ctx: Context) => {
    const explain: HttpInit['explain'] = (status, body) => ({
      ...{ kind: 'unavailable', message: `${status} ${JSON.stringify(body)}` },
    })
    return await ctx.table('https://shop.in/file', { signature: ['Id'] }, { explain })
      .catch((error) => ({ ...failureOf(error) }))
  },
}

let session: Session
let asks: string[]
beforeEach(() => {
  asks = []
  const calls = createCalls((frame) => {
    if (frame.t === 'ask') asks.push(frame.what)
    session.receive(JSON.parse(JSON.stringify(frame)))
  })
  calls.serve(plugin)
  session = createSession({
    ...{ id: () => 'shop', speed: () => 1, counted: () => {}, hangs: () => {} },
    send: (line) => calls.receive(JSON.parse(line)),
    time: { now: () => 0, after: () => () => {} },
  })
})

const contextOf = (table: Context['table']): Context => ({
  ...{ config: {}, key: 'k', signal: new AbortController().signal, now: () => new Date(5) },
  ...{ log: () => {}, table },
  http: () => Promise.reject(new Error('none')),
  download: () => Promise.reject(new Error('none')),
})
const tableOf = (count: number, told: { read: number; left: boolean }) => {
  const records = async function* (): AsyncIterable<ReportRecord> {
    try {
      for (let line = 2; line < count + 2; line++) {
        told.read++
        yield { line, cells: [`${line}`, '1.00'] }
      }
    } finally {
      told.left = true
    }
  }
  return { columns: ['Id', 'Amount'], records: records() }
}

it('comes whole, a hundred lines at a time, for the headings that the plugin named', async () => {
  const told = { read: 0, left: false }
  let asked: unknown
  const context = contextOf((url, ask, init) => {
    asked = { url, ask, method: init?.method }
    return Promise.resolve(tableOf(250, told))
  })
  const found = await session.call('read', [Infinity, { method: 'POST' }, context])
  expect(found).toEqual({
    columns: ['Id', 'Amount'],
    lines: Array.from({ length: 250 }, (_, at) => at + 2),
  })
  expect(asked).toEqual({
    url: 'https://shop.in/file',
    ask: { signature: ['Id', 'Amount'], groupBy: ['Id'] },
    method: 'POST',
  })
  expect(asks).toEqual(['table', 'records', 'records', 'records', 'records', 'leave'])
})

it.each([['in the middle', 5, 100], ['before the first line', 0, 0]])(
  'is left with the plugin, when it stops %s',
  async (_when, most, read) => {
    const told = { read: 0, left: false }
    const context = contextOf(() => Promise.resolve(tableOf(1000, told)))
    const found = await session.call('read', [most, {}, context])
    expect((found as { lines: number[] }).lines).toHaveLength(most)
    expect(told.read).toBe(read)
    // what was never begun has nothing to leave
    expect(told.left).toBe(read > 0)
  },
)

it('that is none is none, and a refusal is what the plugin makes of it', async () => {
  expect(await session.call('read', [1, {}, contextOf(() => Promise.resolve(null))])).toBeNull()
  const refused = contextOf((_url, _ask, init) => {
    init?.explain?.(404, { error: 'NOT_READY' })
    return Promise.reject(failure('rejected', 'status 404', { status: 404 }))
  })
  expect(await session.call('kind', [refused])).toMatchObject({
    kind: 'unavailable',
    status: 404,
  })
})

it('has a limit: a call may hold four of them open', async () => {
  const told = { read: 0, left: false }
  const context = contextOf(() => Promise.resolve(tableOf(3, told)))
  expect(await session.call('many', [4, context])).toBe(4)
  await expect(session.call('many', [5, context])).rejects.toThrow('too many files')
})
