/** Short walks of staff, sellers and time; `npm run proof -- impersonation` takes the long ones. */
import process from 'node:process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStaffWorld, type StaffWorld } from './staff-world.ts'
import { walk } from './walks/walk.ts'

/** By `ROBNU_WALKS`; a report of a failure says which seed and path walk the same way again. */
const walks = Number(process.env['ROBNU_WALKS'] ?? 60)
const seed = Number(process.env['ROBNU_WALK_SEED'] ?? Math.trunc(Math.random() * 2 ** 31))
const path = process.env['ROBNU_WALK_PATH']
const say = (line: string): void => void process.stdout.write(`${line}\n`)

let world: StaffWorld
beforeAll(async () => {
  world = await openStaffWorld()
})
afterAll(() => world?.close())

test(`${walks} walks find staff nowhere where they were not let in`, async () => {
  say(`Walks of staff: ${walks} with seed ${seed}`)
  const begun = performance.now()
  const { failure, ...figures } = await walk(world, {
    ...{ walks, seed, say },
    ...(path === undefined ? {} : { path }),
  })
  expect(failure).toBeNull()
  const ms = Math.round(performance.now() - begun)
  say(`Walked: ${JSON.stringify({ seed, ...figures, violations: 0, ms })}`)
  if (path !== undefined) return
  expect(figures.walks).toBe(walks)
  expect(figures.moves).toBeGreaterThan(walks * 6)
  // they do get in, and do something there; by far, so that no seed is an unlucky one
  expect(figures.sessions).toBeGreaterThan(walks / 2)
  expect(figures.reads).toBeGreaterThan(walks / 10)
  expect(figures.writes).toBeGreaterThan(walks / 60)
  expect(Object.keys(figures.played).length).toBeGreaterThan(14)
}, 60_000 + walks * 500)

/** What the database holds by itself, taken away: the walks must see each. */
const sabotages: Readonly<Record<string, readonly [string, string]>> = {
  'the end of a session of staff ends nothing': [
    'alter table staff_sessions disable trigger staff_sessions__end',
    'alter table staff_sessions enable trigger staff_sessions__end',
  ],
  'the removal of staff ends nothing': [
    'alter table super_admins disable trigger super_admins__end',
    'alter table super_admins enable trigger super_admins__end',
  ],
}
test.each(Object.entries(sabotages))('the walks see it when %s', async (_name, [harm, mend]) => {
  await world.sql.unsafe(harm)
  try {
    const { failure } = await walk(world, { walks: 400, seed: 11 })
    expect(failure).toMatch(/^seed 11, path [\d:]+: Error: /)
  } finally {
    await world.sql.unsafe(mend)
  }
}, 120_000)
