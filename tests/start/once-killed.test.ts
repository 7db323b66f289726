/** The app is killed while requests are under way: whoever asks again is answered, and nothing is doubled. */
import process from 'node:process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '#core/ids.ts'
import { randomFor } from '#core/testing/sandbox/random.ts'
import type { App, House } from '../../scripts/proof/support/house.ts'
import { openBazaarHouse } from './house.ts'
import { tempHome } from './launcher.ts'

/** By `ROBNU_ONCE_KILLS`: `npm run proof -- idempotency` takes more. */
const kills = Number(process.env['ROBNU_ONCE_KILLS'] ?? 1)
const requests = 24
const place = tempHome()
let house: House
beforeAll(async () => {
  house = await openBazaarHouse(place.path)
}, 60_000)
afterAll(async () => {
  await house?.close()
  await place.remove()
})

/** The owner's cookie outlives the app: the session is in the database. */
const signIn = async (app: App): Promise<string> => {
  const user = house.sellers[0]?.users[0]
  const json = { 'content-type': 'application/json' }
  const login = await fetch(`${app.url}/v1/auth/login`, {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ email: user?.email, password: user?.password }),
  })
  const cookie = login.headers.getSetCookie().map((line) => line.split(';')[0]).join('; ')
  const stepped = await fetch(`${app.url}/v1/auth/step-up`, {
    method: 'POST',
    headers: { ...json, cookie },
    body: JSON.stringify({ password: user?.password }),
  })
  expect([login.status, stepped.status]).toEqual([200, 200])
  return cookie
}

const makeKey = async (app: App, cookie: string, name: string, key: string) => {
  const response = await fetch(`${app.url}/v1/api-keys`, {
    method: 'POST',
    headers: { cookie, 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify({ name, scopes: ['orders:read'] }),
  })
  const { id } = await response.json() as { id?: string }
  return { status: response.status, id, isRepeated: response.headers.has('idempotency-replayed') }
}

test(
  'a killed app has done what it was asked for once or not at all, and never twice',
  async () => {
    const seed = Number(process.env['ROBNU_TEST_SEED'] || Date.now() % 1_000_000)
    const random = randomFor(seed, 'once-killed')
    let app = await house.startApp()
    const cookie = await signIn(app)
    // the first request of a process costs more than all the others
    await makeKey(app, cookie, 'warm', newId())
    let [cut, repeated] = [0, 0]
    // a kill that came when all was answered tells nothing: then one more
    for (let kill = 0; kill < kills || cut === 0 && kill < kills + 10; kill++) {
      const asked = Array.from(
        { length: requests },
        () => ({ name: `Key ${newId()}`, key: newId() }),
      )
      const { url } = app
      const first = asked.map(({ name, key }) =>
        makeKey({ ...app, url }, cookie, name, key).then(() => 'answered', () => 'cut')
      )
      await new Promise((resolve) => setTimeout(resolve, random.int(5, 120)))
      await app.kill()
      cut += (await Promise.all(first)).filter((outcome) => outcome === 'cut').length
      app = await house.startApp()
      for (const { name, key } of asked) {
        const again = await makeKey(app, cookie, name, key)
        const once = await makeKey(app, cookie, name, key)
        expect([again.status, once.status, once.id]).toEqual([201, 201, again.id])
        if (again.isRepeated) repeated++
        const rows = await house.asSuperuser((sql) =>
          sql`select id from api_keys where name = ${name}`
        )
        expect(rows.map(({ id }) => id)).toEqual([again.id])
      }
      // a seller has so many keys and no more
      await house.asSuperuser((sql) => sql`delete from api_keys`)
    }
    expect(cut).toBeGreaterThan(0)
    const figures = { seed, kills, requests: kills * requests, cut, doneBeforeTheKill: repeated }
    process.stdout.write(`Killed: ${JSON.stringify(figures)}\n`)
  },
  60_000 + kills * 20_000,
)
