import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { clockVerb, startClock, upstreamAt } from 'robnu/testing'
import { expect, onTestFinished, test } from 'vitest'

const start = Date.parse('2022-06-30T00:00:00Z')
const folder = async () => {
  const dir = await mkdtemp(join(tmpdir(), 'clock-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  return dir
}

test('a clock runs as fast as it is told, and its anchor says so', async () => {
  let real = 1_000_000
  const clock = await startClock({ start, speed: 3600, real: () => real })
  expect(clock.now()).toBe(start)
  real += 1000
  expect(clock.now()).toBe(start + 3_600_000)
  expect(upstreamAt(clock.anchor(), real)).toBe(clock.now())
  await clock.stop()
})

test('a clock moves forward by hand, and never back', async () => {
  const clock = await startClock({ start, speed: 0 })
  await clock.advance(5000)
  expect(clock.now()).toBe(start + 5000)
  await clock.set(start + 9000)
  await expect(clock.set(start)).rejects.toThrow('never goes back')
  await expect(clock.set(Number.NaN)).rejects.toThrow('never goes back')
  const verb = clockVerb(clock)
  expect(await verb({ bySeconds: 1 })).toMatchObject({ upstream: '2022-06-30T00:00:10.000Z' })
  expect(await verb({ to: '2022-06-30T05:31:00+05:30' })).toMatchObject({
    upstream: '2022-06-30T00:01:00.000Z',
  })
  await clock.stop()
})

test('a clock that was stopped goes on where it stood, however long it was off', async () => {
  const dir = await folder()
  let real = 1_000_000
  const first = await startClock({ start, speed: 3600, dir, real: () => real })
  real += 10_000
  const stopped = first.now()
  await first.stop()
  real += 86_400_000
  const second = await startClock({ start, speed: 3600, dir, real: () => real })
  expect(second.now()).toBe(stopped)
  await second.stop()
})

test('a clock that was killed goes on ahead of anything that it can have shown', async () => {
  const dir = await folder()
  let real = 1_000_000
  const killed = await startClock({ start, speed: 3600, dir, real: () => real })
  onTestFinished(() => killed.stop())
  await killed.advance(60_000) // written
  real += 1000 // a second that is not
  const shown = killed.now()
  const second = await startClock({ start, speed: 3600, dir, real: () => real })
  onTestFinished(() => second.stop())
  expect(second.now()).toBeGreaterThanOrEqual(shown)
  expect(second.now() - shown).toBeLessThanOrEqual(3600 * 1000)
})

test('a running clock is written about once a second', async () => {
  const dir = await folder()
  const clock = await startClock({ start, speed: 3600, dir })
  onTestFinished(() => clock.stop())
  const saved = async () => JSON.parse(await readFile(join(dir, 'clock.json'), 'utf8')).upstream
  const before = await saved()
  await expect.poll(saved, { timeout: 5000 }).not.toBe(before)
})

test('a file that is no clock is one sentence, not a clock that begins again', async () => {
  const dir = await folder()
  for (const text of ['', '{}', '{"upstream":"yesterday","stopped":true}']) {
    await writeFile(join(dir, 'clock.json'), text)
    await expect(startClock({ start, dir })).rejects.toThrow('Cannot read the sandbox clock')
  }
})
