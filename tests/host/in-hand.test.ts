/** What of a plugin is in hand comes to its end before the plugin stops. */
import { setImmediate } from 'node:timers'
import { expect, it } from 'vitest'
import { createInHand } from '../../core/boot/in-hand.ts'
import { surface } from './support/plugins.ts'

const settled = async (promise: Promise<unknown>): Promise<boolean> => {
  const no = Symbol()
  return await Promise.race([promise, new Promise((resolve) => setImmediate(resolve, no))]) !== no
}

it('a plugin without work stops at once', async () => {
  expect(await createInHand().drain(surface(), 60_000)).toBe(true)
})

it('asks what is in hand to end, and waits for the last of it', async () => {
  const inHand = createInHand()
  const plugin = surface()
  const [first, second, other] = [plugin, plugin, surface({ id: 'other' })].map(inHand.begin)
  const drained = inHand.drain(plugin, 60_000)
  expect(first?.draining.aborted).toBe(true)
  expect(other?.draining.aborted).toBe(false)
  first?.end()
  expect(await settled(drained)).toBe(false)
  second?.end()
  expect(await drained).toBe(true)
})

it('does not wait for what begins after it was asked', async () => {
  const inHand = createInHand()
  const plugin = surface()
  const old = inHand.begin(plugin)
  const drained = inHand.drain(plugin, 60_000)
  const young = inHand.begin(plugin)
  expect(young.draining.aborted).toBe(false)
  old.end()
  expect(await drained).toBe(true)
  const again = inHand.drain(plugin, 60_000)
  expect(young.draining.aborted).toBe(true)
  young.end()
  expect(await again).toBe(true)
})

it('waits no longer than its limit', async () => {
  const inHand = createInHand()
  const plugin = surface()
  inHand.begin(plugin)
  expect(await inHand.drain(plugin, 1)).toBe(false)
})
