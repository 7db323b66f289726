/** The life of a plugin's process, on a clock that is moved: why it ends, and when it comes back. */
import { beforeEach, describe, expect, it } from 'vitest'
import { failureKind } from '../../../core/plugin.ts'
import { fakeHouse } from './fake-process.ts'

let house: ReturnType<typeof fakeHouse>
beforeEach(() => {
  house = fakeHouse()
})
const declared = { t: 'plugin', value: { id: 'shop' } }
const opened = async () => {
  const opening = house.supervisor.open()
  house.newest().says(declared)
  expect(await opening).toEqual({ id: 'shop' })
  return house.newest()
}
const stateOf = () => house.supervisor.process.state()
/** An answer of the plugin to the newest call. */
const lastCall = () => house.newest().told.findLast(({ t }) => t === 'call')?.id ?? -1

describe('a process', () => {
  it('runs once it has declared its plugin', async () => {
    const opening = house.supervisor.open()
    expect(stateOf()).toMatchObject({ state: 'starting', starts: 1 })
    expect(house.newest().told).toEqual([{ t: 'load', url: 'file:///shop/mod.ts' }])
    house.newest().says(declared)
    await opening
    expect(stateOf()).toMatchObject({ state: 'running', starts: 1 })
    expect(stateOf().cause).toBeUndefined()
  })

  it('that cannot load its plugin says why, and is not tried again', async () => {
    const opening = house.supervisor.open()
    house.newest().says({ t: 'fault', message: 'Cannot find package "left-pad"' })
    await expect(opening).rejects.toThrow('Cannot find package "left-pad"')
    await house.pass(600_000)
    expect(stateOf()).toMatchObject({ state: 'failed', starts: 1 })
  })

  it('that says nothing is given up after its time', async () => {
    const opening = house.supervisor.open().catch((error: Error) => error.message)
    await house.pass(20_000)
    expect(await opening).toBe('was not ready within 20 s')
    expect(house.newest().isKilled()).toBe(true)
  })

  it('that exits is failed with its cause, and is started anew after a while', async () => {
    const child = await opened()
    child.dies('exited with code 3')
    expect(stateOf()).toMatchObject({ state: 'failed', cause: 'exited with code 3' })
    await house.pass(499)
    expect(house.children).toHaveLength(1)
    await house.pass(1)
    expect(stateOf()).toMatchObject({ state: 'starting', starts: 2 })
    house.newest().says(declared)
    await house.settle()
    expect(stateOf()).toMatchObject({ state: 'running', starts: 2, cause: 'exited with code 3' })
    await house.pass(600_000)
    expect(stateOf().cause).toBeUndefined()
  })

  it('that is silent for five seconds is killed', async () => {
    const child = await opened()
    await house.pass(60_000)
    expect(stateOf().state).toBe('running')
    child.answers = false
    await house.pass(4_999)
    expect(child.isKilled()).toBe(false)
    await house.pass(2_000)
    expect(child.isKilled()).toBe(true)
    expect(stateOf()).toMatchObject({ cause: 'gave no sign of life for 5 s' })
  })

  it('that takes more memory than it may is killed, whoever says so', async () => {
    const child = await opened()
    child.residentBytes = 600 * 1024 * 1024
    await house.pass(1_000)
    expect(child.isKilled()).toBe(true)
    expect(stateOf()).toMatchObject({ cause: 'took more than 512 MiB of memory' })
    await house.pass(500)
    const second = house.newest()
    second.says(declared)
    await house.settle()
    second.says({ t: 'pong', n: 1, rss: 600 * 1024 * 1024 })
    expect(second.isKilled()).toBe(true)
  })

  it.each([
    ['no JSON', '{"t":'],
    ['no frame', '{"t":"gift"}'],
    ['a frame with a member of another form', '{"t":"reply","id":"1"}'],
  ])('that says %s is killed', async (_what, line) => {
    const child = await opened()
    child.writes(line)
    await house.settle()
    expect(child.isKilled()).toBe(true)
    expect(stateOf()).toMatchObject({ state: 'failed', cause: 'said what is no frame' })
  })

  it('that throws where nobody catches says what', async () => {
    const child = await opened()
    child.says({ t: 'fault', message: 'undefined is not a shop' })
    await house.settle()
    expect(stateOf()).toMatchObject({ cause: 'ended by an error: undefined is not a shop' })
  })

  it('that fails five times in ten minutes stays failed until somebody restarts it', async () => {
    let child = await opened()
    for (const wait of [500, 1_000, 2_000, 4_000]) {
      child.dies('exited with code 1')
      await house.pass(wait)
      child = house.newest()
      child.says(declared)
      await house.settle()
      expect(stateOf().state).toBe('running')
    }
    child.dies('exited with code 1')
    await house.pass(3_600_000)
    expect(stateOf()).toMatchObject({ state: 'failed', starts: 5, cause: 'exited with code 1' })
    await expect(house.supervisor.session()).rejects.toThrow('is not running')

    const restarting = house.supervisor.process.restart()
    house.newest().says(declared)
    await restarting
    expect(stateOf()).toMatchObject({ state: 'running', starts: 6 })
    // with all its tries
    house.newest().dies('exited with code 1')
    await house.pass(500)
    expect(stateOf().state).toBe('starting')
  })
})

describe('calls in hand', () => {
  const call = async () => {
    const session = await house.supervisor.session()
    return session.call('adapter\nverify', [{ id: 'a' }])
  }

  it('fail as a marketplace that does not answer when the process ends', async () => {
    const child = await opened()
    const calling = call().catch((error: unknown) => error)
    await house.settle()
    child.dies('ended by SIGSEGV')
    const error = await calling
    expect(failureKind(error)).toBe('unavailable')
    expect(String(error)).toContain('"shop" is not running')
    expect(failureKind(await call().catch((late: unknown) => late))).toBe('unavailable')
  })

  it('that come while a process starts wait for it', async () => {
    const child = await opened()
    child.dies('exited with code 1')
    await house.pass(500)
    const calling = call()
    await house.settle()
    house.newest().says(declared)
    await house.settle()
    house.newest().says({ t: 'reply', id: lastCall(), value: 'yes' })
    expect(await calling).toBe('yes')
  })

  it('come to their end before the process is replaced', async () => {
    const child = await opened()
    const calling = call()
    await house.settle()
    const id = lastCall()
    const restarting = house.supervisor.process.restart()
    house.newest().says(declared)
    await house.pass(10_000)
    expect(child.isKilled()).toBe(false)
    child.says({ t: 'reply', id, value: 'yes' })
    expect(await calling).toBe('yes')
    await house.pass(100)
    await restarting
    expect([child.isKilled(), stateOf().state, stateOf().starts]).toEqual([true, 'running', 2])
  })

  it('what it has started is stopped before, and started in the new one', async () => {
    const child = await opened()
    const context = {
      ...{ config: {}, key: 'k', signal: new AbortController().signal, now: () => new Date(0) },
      ...{ http: () => Promise.reject(new Error('none')), log: () => {} },
    }
    const again: unknown[] = []
    house.supervisor.onAgain((session) => again.push(session))
    const starting = (await house.supervisor.session()).start('start', context)
    await house.settle()
    const id = lastCall()
    child.says({ t: 'reply', id, value: { stop: true } })
    await starting
    const restarting = house.supervisor.process.restart()
    house.newest().says(declared)
    await house.settle()
    expect(again).toHaveLength(1)
    const stop = child.told.findLast(({ t }) => t === 'call')
    expect(stop).toMatchObject({ path: `stop:${id}` })
    expect(child.isKilled()).toBe(false)
    child.says({ t: 'reply', id: stop?.id, value: null })
    await house.settle()
    await restarting
    expect(child.isKilled()).toBe(true)
  })

  it('have thirty seconds for it', async () => {
    const child = await opened()
    const calling = call().catch((error: unknown) => failureKind(error))
    await house.settle()
    const stopping = house.supervisor.process.stop()
    await house.pass(29_000)
    expect(child.isKilled()).toBe(false)
    await house.pass(2_000)
    await stopping
    expect([await calling, child.isKilled(), stateOf().state]).toEqual([
      ...['unavailable', true, 'stopped'],
    ])
  })

  it('that do not end when they are given up cost the process', async () => {
    const child = await opened()
    const controller = new AbortController()
    const session = await house.supervisor.session()
    const context = {
      ...{ config: {}, key: 'k', signal: controller.signal, now: () => new Date(0), log: () => {} },
      ...{ http: () => Promise.reject(new Error('none')), download: () => Promise.reject() },
    }
    const calling = session.call('consumers\n0\nhandle', [{}, context]).catch(String)
    controller.abort(new Error('lease lost'))
    await house.settle()
    expect(child.told.at(-1)).toMatchObject({ t: 'abort', error: { message: 'lease lost' } })
    await house.pass(29_000)
    expect(child.isKilled()).toBe(false)
    await house.pass(2_000)
    expect(child.isKilled()).toBe(true)
    expect(stateOf()).toMatchObject({ cause: 'did not end "consumers.0.handle"' })
    expect(await calling).toContain('not running')
  })
})
