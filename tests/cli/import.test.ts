/** `robnu import` against an API that says what it was asked. */
import { createServer, type Server } from 'node:http'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { robnu } from './support.ts'

const folder = mkdtempSync(join(tmpdir(), 'robnu-import-'))
const file = join(folder, 'Report.csv')
const asked: string[] = []
const counts = {
  lines: {
    ...{ told: 3, accepted: 2, skipped: 0, rejected: 1 },
    ...{ skipped_reasons: {}, rejected_reasons: { 'no-order-id': 1 } },
  },
  rows: { new: 1, changed: 1, unchanged: 0 },
}
const over = { id: 'i', state: 'SUCCEEDED', failure: null, report: { name: 'Orders' }, ...counts }
let answers: unknown[] = []
let server: Server
let env: Record<string, string>
beforeAll(async () => {
  writeFileSync(file, 'a,b\n1,2\n')
  server = createServer((request, response) => {
    const { method, url = '', headers } = request
    asked.push(
      `${method} ${url} ${headers.authorization}`,
    )
    request.resume().once('end', () => {
      const body = answers.shift()
      response.statusCode = body === undefined ? 403 : 200
      response.end(
        JSON.stringify(body ?? { title: 'Your role does not allow this', detail: 'Ask' }),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  env = { ROBNU_URL: `http://127.0.0.1:${port}`, ROBNU_API_KEY: 'rk_canary-of-the-key' }
})
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

const call = (reply: unknown[], ...args: readonly string[]) => {
  answers = reply
  asked.length = 0
  return robnu(['import', '--account', 'the-account', file, ...args], { env })
}

it('sends the file, follows it, and says what came of it', async () => {
  const { code, out, err } = await call([{ ...over, state: 'QUEUED' }, over])
  expect([code, err]).toEqual([0, 'queued: 3 lines\n'])
  expect(out).toBe(
    'Orders: 2 lines accepted, 0 skipped, 1 rejected\n1 new, 1 changed, 0 unchanged\n' +
      '  no-order-id: 1\n',
  )
  expect(asked).toEqual([
    'POST /v1/imports?account=the-account&file=Report.csv Bearer rk_canary-of-the-key',
    'GET /v1/imports/i Bearer rk_canary-of-the-key',
  ])
  expect((await call([over], '--json')).json()).toEqual(over)
})

it('ends with 1 where it failed or may not be, and never says the key', async () => {
  const failure = { message: 'No report of this kind' }
  const failed = await call([{ ...over, state: 'FAILED', report: null, failure }], '--json')
  expect([failed.code, failed.json()])
    .toEqual([1, { error: { code: 'failed', ...failure } }])
  const refused = await call([])
  expect(refused).toMatchObject({ code: 1, err: 'Your role does not allow this: Ask\n' })
  const away = await robnu(['import', '--account', 'a', join(folder, 'nowhere')], { env })
  expect([away.code, away.err]).toEqual([1, expect.stringContaining('nowhere')])
  expect(failed.out + failed.err + refused.err + away.err).not.toContain('canary')
})

it('only looks in a dry run, and asks for what is missing', async () => {
  const planned = await call([{ data: [] }], '--dry-run')
  expect(planned).toMatchObject({ code: 0, out: 'Would send Report.csv, 8 bytes\n' })
  expect(asked).toEqual(['GET /v1/imports?limit=1 Bearer rk_canary-of-the-key'])
  expect((await robnu(['import', file], { env })).err).toMatch(
    /^Name the account: --account <id>\n/,
  )
  expect((await robnu(['import', '--account', 'a', file])).err).toMatch(/^ROBNU_API_KEY is not set/)
  expect((await robnu(['import', '--account', 'a'], { env })).code).toBe(2)
})
