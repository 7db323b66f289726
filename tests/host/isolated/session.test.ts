/** What a plugin's process may ask, and of whom: each question belongs to one call, and dies with it. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { ToChild } from '../../../core/host/isolated/frames.ts'
import { createSession, type Session } from '../../../core/host/isolated/session.ts'
import { failure, failureKind, type JobContext, type MakingTx } from '../../../core/plugin.ts'

type Told = Extract<ToChild, { t: 'call' | 'answer' | 'abort' }>

let sent: Told[]
let session: Session
let hung: string[]
beforeEach(() => {
  sent = []
  hung = []
  session = createSession({
    ...{ id: () => 'shop', speed: () => 1, counted: () => {} },
    send: (line) => void sent.push(JSON.parse(line)),
    hangs: (why) => void hung.push(why),
    time: { now: () => 0, after: () => () => {} },
  })
})
const settle = () => new Promise((resolve) => setTimeout(resolve))

/** A seller's context, which tells what was done in its transactions. */
const contextOf = (sellerId: string) => {
  const told: string[] = []
  const run = async <T>(work: (tx: MakingTx) => Promise<T>): Promise<T> => {
    try {
      const value = await work({
        sellerId,
        any: (_schema, sql) => {
          told.push(sql)
          return sql === 'bad' ? Promise.reject(broken) : Promise.resolve([{ sellerId }] as never)
        },
        send: (queue) => Promise.resolve(void told.push(`send ${queue}`)),
        audit: (action) => Promise.resolve(void told.push(`audit ${action}`)),
        made: (id) => void told.push(`made ${id}`),
      })
      told.push(value === null ? 'nothing' : 'commit')
      return value
    } catch (error) {
      told.push('rollback')
      throw error
    }
  }
  const context: JobContext = {
    ...{ config: {}, key: 'k', signal: new AbortController().signal, now: () => new Date(5) },
    log: (event) => void told.push(`log ${event}`),
    http: () => Promise.reject(refusal),
    download: () => Promise.reject(new Error('none')),
    table: () => Promise.reject(new Error('none')),
    ...{ scope: run, make: run },
    files: {
      write: ({ id }) => Promise.resolve({ writer: `${id}/1`, parts: 2 }),
      append: (writer, part, bytes) =>
        Promise.resolve(void told.push(`part ${part} of ${writer}: ${bytes.join(' ')}`)),
      finish: (writer) => Promise.resolve({ byteSize: 3, sha256: writer }),
      remove: (id) => Promise.resolve(void told.push(`remove ${id}`)),
      url: (id, { fileName, seconds }) => Promise.resolve(`https://${id}/${fileName}/${seconds}`),
    },
    reach: (permission) => Promise.resolve({ only: [permission], except: [] }),
  }
  return { context, told }
}
const broken = new Error('the statement is broken')
const refusal = failure('rejected', 'The marketplace answered with status 409', { status: 409 })

const begin = (context: unknown) => {
  const ended = session.call('consumers\n0\nhandle', [{}, context]).catch((error: unknown) => error)
  const call = sent.findLast((frame) => frame.t === 'call')
  if (!call) throw new Error('unreachable: it was sent')
  return { id: call.id, ended }
}
let asked = 1
const ask = async (call: number, what: string, ...args: unknown[]) => {
  const id = asked++
  session.receive({ t: 'ask', id, call, what, args })
  await settle()
  const answer = sent.find((frame) => frame.t === 'answer' && frame.id === id)
  if (answer?.t !== 'answer') return undefined
  return 'error' in answer ? answer.error : answer.value
}
const reply = (id: number, more: object = { value: 'done' }) =>
  session.receive({ t: 'reply', id, value: undefined, ...more })

describe('a scope', () => {
  it('is opened for the seller of the call, whatever the plugin says', async () => {
    const { context, told } = contextOf('seller-a')
    const { id, ended } = begin(context)
    expect(await ask(id, 'open', 'scope')).toEqual({ tx: 1, sellerId: 'seller-a' })
    expect(await ask(id, 'any', 1, 'select 1', [])).toEqual([{ sellerId: 'seller-a' }])
    await ask(id, 'send', 1, 'shop-later', { n: 1 })
    await ask(id, 'audit', 1, 'done', 'thing:1')
    await ask(id, 'close', 1, 'commit')
    reply(id)
    expect(await ended).toBe('done')
    expect(told).toEqual(['select 1', 'send shop-later', 'audit done', 'commit'])
  })

  it('of one call is none of another, and none when its call is over', async () => {
    const [a, b] = [contextOf('seller-a'), contextOf('seller-b')]
    const [first, second] = [begin(a.context), begin(b.context)]
    await ask(first.id, 'open', 'scope')
    const kept = { message: 'The transaction is over: do not keep its scope' }
    expect(await ask(second.id, 'any', 1, 'select 1', [])).toMatchObject(kept)
    reply(first.id)
    await first.ended
    const over = { message: 'The call is over: do not keep its context' }
    expect(await ask(first.id, 'any', 1, 'select 1', [])).toMatchObject(over)
    expect(await ask(first.id, 'open', 'scope')).toMatchObject(over)
    expect(await ask(999, 'open', 'scope')).toMatchObject(over)
    // what was open is undone
    expect([a.told, b.told]).toEqual([['rollback'], []])
  })

  it('that the plugin gives up is rolled back, and its error is its own again', async () => {
    const { context, told } = contextOf('seller-a')
    const { id, ended } = begin(context)
    await ask(id, 'open', 'make')
    const error = await ask(id, 'any', 1, 'bad', [])
    expect(error).toMatchObject({ message: 'the statement is broken', ref: 0 })
    expect(await ask(id, 'close', 1, 'rollback', error)).toEqual({ $: 'u' })
    reply(id, { error })
    // the very error that the database threw
    expect(await ended).toBe(broken)
    expect(told).toEqual(['bad', 'rollback'])
  })

  it('is opened four times at most by one call', async () => {
    const { id } = begin(contextOf('seller-a').context)
    for (let n = 1; n <= 4; n++) expect(await ask(id, 'open', 'scope')).toMatchObject({ tx: n })
    expect(await ask(id, 'open', 'scope')).toMatchObject({
      message: expect.stringMatching(/too many/),
    })
  })
})

describe('files', () => {
  it('are written by the context of the call, byte by byte, and nobody asks there by another', async () => {
    const { context, told } = contextOf('seller-a')
    const { id } = begin(context)
    const file = { id: 'f', mime: 'text/csv', keepDays: 3 }
    expect(await ask(id, 'fileWrite', file)).toEqual({ writer: 'f/1', parts: 2 })
    await ask(id, 'fileAppend', 'f/1', 3, { $: 'b', v: new Uint8Array([7, 0, 255]).toBase64() })
    expect(await ask(id, 'fileFinish', 'f/1')).toEqual({ byteSize: 3, sha256: 'f/1' })
    await ask(id, 'fileRemove', 'f')
    expect(await ask(id, 'fileUrl', 'f', { fileName: 'a.csv', seconds: 9 })).toBe(
      'https://f/a.csv/9',
    )
    expect(await ask(id, 'reach', 'orders:read')).toEqual({ only: ['orders:read'], except: [] })
    expect(told).toEqual(['part 3 of f/1: 7 0 255', 'remove f'])
    // what is no bytes is no part
    expect(await ask(id, 'fileAppend', 'f/1', 3, 'text')).toMatchObject({
      message: expect.stringContaining('wrong form'),
    })
    const { files: _files, reach: _reach, scope: _scope, make: _make, ...plain } = context
    const sweep = begin(plain)
    expect(await ask(sweep.id, 'fileWrite', file)).toMatchObject({
      message: 'There are no files here',
    })
  })
})

describe('a question', () => {
  it.each([
    ['of no name', 'format', []],
    ['with the name of a member of objects', 'constructor', []],
    ['with a scope of another kind', 'open', ['platform']],
    ['with a number where text is asked for', 'http', [7, {}]],
    ['with a method that there is not', 'http', ['https://shop.in/', { method: 'TRACE' }]],
    ['with a header that is a list', 'http', ['https://shop.in/', { headers: { a: ['b'] } }]],
    ['without arguments', 'any', []],
    ['for a million records', 'pull', [1e6]],
    ['for a target that there is not', 'syncDue', ['SECRETS']],
  ])('%s is refused', async (_what, what, args) => {
    const { id } = begin(contextOf('seller-a').context)
    expect(await ask(id, what, ...args)).toMatchObject({
      message: expect.stringMatching(/wrong form|there is not/),
    })
  })

  it('about what a refusal means is for the plugin', async () => {
    const { context } = contextOf('seller-a')
    const http: JobContext['http'] = (_schema, _url, init) => {
      expect(init?.explain?.(409, { error: 'taken' })).toBeUndefined()
      return Promise.reject(refusal)
    }
    const { id } = begin({ ...context, http })
    expect(await ask(id, 'http', 'https://shop.in/', {})).toMatchObject({
      ...{ kind: 'rejected', status: 409 },
      refusal: { status: 409, body: { error: 'taken' } },
    })
  })

  it('for a sweep is refused in a job', async () => {
    const { id } = begin(contextOf('seller-a').context)
    expect(await ask(id, 'syncDue', 'ORDERS')).toMatchObject({ message: 'There is no sweep here' })
  })
})

it('logs two hundred lines a second, and nothing of a call that is over', () => {
  const { context, told } = contextOf('seller-a')
  const { id } = begin(context)
  for (let n = 0; n < 1_000; n++) session.receive({ t: 'log', call: id, event: 'x', fields: {} })
  session.receive({ t: 'log', call: 999, event: 'x', fields: {} })
  expect(told).toHaveLength(200)
})

it('refuses calls beyond five hundred in hand', async () => {
  for (let n = 0; n < 500; n++) begin(contextOf('seller-a').context)
  const { ended } = begin(contextOf('seller-a').context)
  expect(failureKind(await ended)).toBe('unavailable')
  expect(session.inHand()).toBe(500)
})

it('keeps the kind of a failure, and nothing of other errors but their words', async () => {
  const first = begin(contextOf('seller-a').context)
  reply(first.id, {
    error: { message: 'Too fast', kind: 'rate-limit', code: 'slow', retryAfterMs: 500, stack: 'x' },
  })
  expect(await first.ended).toMatchObject({
    ...{ message: 'Too fast', kind: 'rate-limit', code: 'slow', retryAfterMs: 500 },
  })
  const second = begin(contextOf('seller-a').context)
  reply(second.id, { error: { message: 'Oh', code: 'made-before' } })
  const error = await second.ended
  expect(error).toBeInstanceOf(Error)
  // it cannot pass for an error of ours
  expect((error as { code?: string }).code).toBeUndefined()
})

it('tells the clock of the upstream with every call and answer', async () => {
  const { context } = contextOf('seller-a')
  let at = 1_000
  const { id } = begin({ ...context, now: () => new Date(at) })
  const call = sent.find((frame) => frame.t === 'call')
  expect(call?.args).toMatchObject([{}, { $ctx: 'job', clock: 1_000, speed: 1 }])
  at = 9_000
  await ask(id, 'open', 'scope')
  expect(sent.at(-1)).toMatchObject({ t: 'answer', clock: 9_000 })
})
