/** Files on their way in: what is taken, what is refused, and that a repeated one acts once. */
import { describe, expect, it } from 'vitest'
import { fault } from '../../core/errors.ts'
import type { Services } from '../../core/http/services.ts'
import { fakeImports } from './fake-imports.ts'
import { makeWorld } from './fakes.ts'
import { problemOf } from './problem.ts'

const account = '01998f6e-3c1a-7b52-9e7d-4a5b6c7d8e9f'
const path = `/v1/imports?account=${account}&file=orders.csv`
const csv = { 'content-type': 'text/csv' }
const mebi = new Uint8Array(1024 * 1024)

/** With what was made of each body for its Idempotency-Key. */
const open = async (services: Partial<Services> = {}) => {
  const prints: string[] = []
  const idempotency: Services['idempotency'] = {
    find: () => Promise.resolve(null),
    fingerprint: (text) => {
      prints.push(text)
      return new Uint8Array(32)
    },
  }
  const world = await makeWorld({ services: { idempotency, ...services } })
  const user = world.addUser()
  const { cookie } = await world.signedIn(user)
  const send = (body: BodyInit | undefined, headers: Record<string, string>, to = path) =>
    world.app.fetch(
      new Request(`http://robnu.test${to}`, {
        method: 'POST',
        headers: { cookie, 'idempotency-key': crypto.randomUUID(), ...headers },
        ...(body === undefined ? {} : { body, duplex: 'half' } as RequestInit),
      }),
    )
  return { world, user, send, prints }
}
/** So many chunks of a MiB; tells how many were asked for. */
const stream = (chunks: number) => {
  let asked = 0
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (asked >= chunks) return controller.close()
      asked++
      controller.enqueue(mebi)
    },
  }, { highWaterMark: 0 })
  return { body, asked: () => asked }
}

describe('a file', () => {
  it('is taken in, and the answer says where to look', async () => {
    const { send } = await open()
    const response = await send('a,b\n1,2\n', csv)
    expect(response.status).toBe(202)
    const { id, file_name } = await response.json()
    expect(file_name).toBe('report.csv')
    expect(response.headers.get('location')).toBe(`/v1/imports/${id}`)
  })

  it('of another content type, or packed on the way, is refused before it is read', async () => {
    const { send } = await open()
    const types = ['application/json', 'text/plain', 'multipart/form-data; boundary=x', 'a/b']
    for (const type of types) {
      const { body, asked } = stream(3)
      await problemOf(await send(body, { 'content-type': type }), 'unsupported-media-type')
      expect(asked()).toBe(0)
    }
    await problemOf(
      await send('x', { 'content-type': 'application/x-www-form-urlencoded' }),
      'unsupported-media-type',
    )
    await problemOf(
      await send('x', { ...csv, 'content-encoding': 'gzip' }),
      'unsupported-media-type',
    )
  })

  it('that is too large is refused: at once by what it says, else where it becomes so', async () => {
    const { send } = await open()
    const told = stream(1)
    const length = { 'content-length': String(201 * 1024 * 1024) }
    await problemOf(await send(told.body, { ...csv, ...length }), 'payload-too-large')
    expect(told.asked()).toBe(0)
    const { body, asked } = stream(500)
    await problemOf(await send(body, csv), 'payload-too-large')
    expect(asked()).toBe(201)
  })

  it('that is empty, or of an account that is not there, is refused', async () => {
    const { send } = await open()
    await problemOf(await send(undefined, csv), 'invalid-request')
    const { body, asked } = stream(3)
    const other = path.replace(account, '01998f6e-3c1a-7b52-9e7d-000000000000')
    await problemOf(await send(body, csv, other), 'not-found')
    expect(asked()).toBe(0)
    await problemOf(await send('x', csv, '/v1/imports'), 'invalid-request')
  })

  it('counts with what is in it for its Idempotency-Key', async () => {
    const real = fakeImports((_entry, value) => Promise.resolve(value)).imports
    const imports: Services['imports'] = {
      ...real,
      receive: async (entry, ask) => {
        const parts: Uint8Array[] = []
        for await (const part of ask.body) parts.push(part)
        const text = await new Blob(parts as BlobPart[]).text()
        return { ...await real.receive(entry, { ...ask, body: stream(1).body }), sha256: text }
      },
    }
    const { send, prints } = await open({ imports })
    for (const text of ['one', 'one', 'two']) expect((await send(text, csv)).status).toBe(202)
    expect(prints[0]).toBe(prints[1])
    expect(prints[2]).not.toBe(prints[0])
  })

  it('is read once, though its handler runs again for a changed session', async () => {
    const real = fakeImports((_entry, value) => Promise.resolve(value)).imports
    let made = 0
    const imports: Services['imports'] = {
      ...real,
      make: (entry, ask) => {
        if (made++ === 0) throw fault('stale-authz')
        return real.make(entry, ask)
      },
    }
    const { send } = await open({ imports })
    const { body, asked } = stream(2)
    expect((await send(body, csv)).status).toBe(202)
    expect([asked(), made]).toEqual([2, 2])
  })
})
