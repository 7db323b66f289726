/** The launcher's folder, its ports and its children. */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { expect, onTestFinished, test } from 'vitest'
import { endedWell, startChild } from '../../scripts/local/child.ts'
import { isLocalFault } from '../../scripts/local/faults.ts'
import { openHome } from '../../scripts/local/home.ts'
import { takeLock } from '../../scripts/local/lock.ts'
import { assertPortFree, findFreePort } from '../../scripts/local/ports.ts'
import { isAlive, waitUntil } from '../../scripts/local/processes.ts'
import { startRedis } from '../../scripts/local/redis.ts'

const makeFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'robnu-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const isDeno = 'Deno' in globalThis
const runCode = (code: string): string[] =>
  isDeno ? ['eval', code] : ['--input-type=module', '--eval', code]

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8)

test('the folder may be entered, and what lies in it is closed', () => {
  const path = join(makeFolder(), '.robnu')
  const home = openHome(path)
  onTestFinished(home.close)
  expect(mode(path)).toBe('711')
  for (const folder of ['keys', 'logs', 'postgres', 'cloud', 'sandbox'] as const) {
    expect(mode(home[folder]), folder).toBe('700')
  }
  chmodSync(home.keys, 0o755)
  home.close()
  openHome(path).close()
  expect(mode(home.keys)).toBe('700')
})

test('a secret is made once, kept closed, and random', () => {
  const path = join(makeFolder(), '.robnu')
  const home = openHome(path)
  const secret = home.secret('jwt')
  expect(secret).toMatch(/^[A-Za-z0-9_-]{43}$/)
  expect(home.secret('other')).not.toBe(secret)
  expect(mode(join(home.keys, 'jwt'))).toBe('600')
  chmodSync(join(home.keys, 'jwt'), 0o644)
  home.close()

  const again = openHome(path)
  onTestFinished(again.close)
  expect(again.secret('jwt')).toBe(secret)
  expect(mode(join(home.keys, 'jwt'))).toBe('600')
  for (const name of ['', '..', '../x', 'a/b', '/x']) expect(() => again.secret(name)).toThrow()
  writeFileSync(join(home.keys, 'torn'), '')
  expect(() => again.secret('torn')).toThrow('the file is empty')
})

test('one launcher holds the folder, and the next one is told which', () => {
  const path = join(makeFolder(), '.robnu')
  const home = openHome(path)
  const refusal = `process ${process.pid} runs on it; stop that one or set ROBNU_HOME`
  expect(() => openHome(path)).toThrow(refusal)
  home.close()
  home.close()
  const next = openHome(path)
  home.close() // of the earlier one: it must not give away what the next one holds
  expect(() => openHome(path)).toThrow(refusal)
  next.close()
})

test('a lock is taken over from the dead, and from a living process that only has the number', () => {
  const file = join(makeFolder(), 'pid')
  const refuse = (pid: number) => new Error(`held by ${pid}`)
  const { pid } = spawnSync(process.execPath, ['--version'])
  for (const text of [`${pid}\n\n`, `${process.pid}\nanother-birth\n`, '', 'not a number']) {
    writeFileSync(file, text)
    const lock = takeLock(file, refuse)
    expect(Number(readFileSync(file, 'utf8').split('\n')[0])).toBe(process.pid)
    lock.release()
  }
  writeFileSync(file, `${process.ppid}\n`)
  expect(() => takeLock(file, refuse)).toThrow(`held by ${process.ppid}`)
})

test('a free port is free, and one in use is told in a sentence', async () => {
  await assertPortFree(await findFreePort())
  const server = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const refused = await assertPortFree(port).catch((error) => error)
  expect(isLocalFault(refused)).toBe(true)
  expect(String(refused)).toContain(`127.0.0.1:${port}: another program uses the port`)
})

test('a child gives its lines one by one, the last one too, and its own code', async () => {
  const lines: string[] = []
  const code = `process.stdout.write('one\\ntw'); process.stdout.write('o ä\\r\\n')
    process.stderr.write('three'); process.exitCode = 3`
  const child = await startChild(process.execPath, {
    args: runCode(`import process from 'node:process'; ${code}`),
    onLine: (line, stream) => lines.push(`${stream} ${line}`),
  })
  const exit = await child.exited
  expect(lines.sort()).toEqual(['stderr three', 'stdout one', 'stdout two ä'])
  expect(exit).toEqual({ code: 3, signal: null })
  expect(endedWell(exit)).toBe(false)
  expect(await child.stop()).toEqual(exit)
})

/** A child that has told that it is ready for signals. */
const startReady = async (code: string, stopLimitMs?: number) => {
  let ready = false
  const child = await startChild(process.execPath, {
    args: runCode(`import process from 'node:process'; ${code}; console.log('ready')`),
    onLine: (line) => ready ||= line === 'ready',
    ...(stopLimitMs === undefined ? {} : { stopLimitMs }),
  })
  await waitUntil(() => ready, 10_000)
  return child
}

test('a child is asked to end, and killed when it does not', async () => {
  const stay = 'setInterval(() => {}, 1000)'
  const kind = await startReady(`${stay}; process.on('SIGTERM', () => process.exit(0))`)
  expect(endedWell(await kind.stop())).toBe(true)
  const plain = await startReady(stay)
  expect(endedWell(await plain.stop())).toBe(true)

  const deaf = await startReady(`${stay}; process.on('SIGTERM', () => {})`, 200)
  const exit = await deaf.stop()
  expect(endedWell(exit)).toBe(false)
  expect(isAlive(deaf.pid)).toBe(false)
})

test('a program that is not there is told in one sentence', async () => {
  const refused = await startChild('robnu-no-such-program').catch((error) => error)
  expect(isLocalFault(refused)).toBe(true)
  expect(String(refused)).toContain('Cannot start "robnu-no-such-program"')
})

test('without a Redis on this machine there is none', async () => {
  expect(await startRedis({ path: makeFolder() })).toBeUndefined()
})

test('a program that is no Redis is told in one sentence', async () => {
  const path = makeFolder()
  writeFileSync(join(path, 'redis-server'), '#!/bin/sh\nexit 3\n', { mode: 0o755 })
  await expect(startRedis({ path })).rejects.toThrow('it ended with 3')
})

/** Redis' own answer to some lines of its protocol. */
const ask = async (url: string, lines: readonly string[]): Promise<string> => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.write([...lines, 'QUIT', ''].join('\r\n'))
  let text = ''
  for await (const chunk of socket) text += chunk
  return text
}

const hasRedis = ['redis-server', 'valkey-server'].some((name) =>
  spawnSync(name, ['--version']).status === 0
)

test.runIf(hasRedis)('a Redis asks for its password, persists and evicts nothing', async () => {
  const log = makeFolder()
  const redis = await startRedis({ log })
  if (!redis) throw new Error('there is one on the PATH')
  onTestFinished(redis.stop)
  const auth = `AUTH ${new URL(redis.url).password}`
  expect(await ask(redis.url, ['PING'])).toContain('NOAUTH')
  const settings = ['maxmemory-policy', 'save', 'appendonly', 'bind']
  const told = await ask(redis.url, [auth, ...settings.map((name) => `CONFIG GET ${name}`)])
  expect(told.split('\r\n').filter((line) => /^(noeviction|no|127.0.0.1|)$/.test(line))).toEqual(
    expect.arrayContaining(['noeviction', '', 'no', '127.0.0.1']),
  )
  const pid = Number(readFileSync(join(log, 'redis.pid'), 'utf8').split('\n')[0])
  const next = await startRedis({ log }) // as if the launcher of the first one had been killed
  expect(isAlive(pid)).toBe(false)
  await next?.stop()
})
