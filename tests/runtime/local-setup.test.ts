/** The set-up script on a project of its own, with an npm that only takes notes. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { expect, onTestFinished, test } from 'vitest'

const script = new URL('../../scripts/setup.mjs', import.meta.url)
const lock = (version: string) =>
  JSON.stringify({ lockfileVersion: 3, packages: { '': {}, 'node_modules/a': { version } } })

const makeProject = (npm?: string) => {
  const root = mkdtempSync(join(tmpdir(), 'robnu-test-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  mkdirSync(join(root, 'scripts'))
  mkdirSync(join(root, 'bin'))
  copyFileSync(script, join(root, 'scripts', 'setup.mjs'))
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(root, 'package-lock.json'), lock('1.0.0'))
  if (npm) writeFileSync(join(root, 'bin', 'npm'), `#!/bin/sh\n${npm}\n`, { mode: 0o755 })
  const args = [...('Deno' in globalThis ? ['run', '-A'] : []), join(root, 'scripts', 'setup.mjs')]
  const env = { ...process.env, PATH: npm ? `${root}/bin:/usr/bin:/bin` : `${root}/bin` }
  return {
    root,
    run: () => {
      const { status, stdout, stderr } = spawnSync(process.execPath, args, {
        env,
        encoding: 'utf8',
      })
      return { status, said: stdout + stderr }
    },
    start: () => spawn(process.execPath, args, { env, stdio: 'ignore' }),
    calls: () => existsSync(join(root, 'calls')) ? readFileSync(join(root, 'calls'), 'utf8') : '',
  }
}
const install = 'rm -rf node_modules; sleep 0.3; mkdir node_modules; echo "$@" >> calls'

test.skipIf(process.platform === 'win32')(
  'it installs once, and again when the lock changes',
  () => {
    const { root, run, calls } = makeProject(install)
    const first = run()
    expect(first).toMatchObject({ status: 0 })
    expect(first.said).toMatch(/^Installing .*\nInstalled in \d+ s\n$/)
    expect(run()).toEqual({ status: 0, said: '' })
    expect(calls()).toBe('ci --no-audit --no-fund --loglevel=error\n')
    writeFileSync(join(root, 'package-lock.json'), lock('1.0.1'))
    run()
    rmSync(join(root, 'node_modules'), { recursive: true })
    run()
    expect(calls().trim().split('\n')).toHaveLength(3)
  },
)

test.skipIf(process.platform === 'win32')('what npm put there by hand is left as it is', () => {
  const { root, run, calls } = makeProject(install)
  mkdirSync(join(root, 'node_modules', 'node', 'bin'), { recursive: true })
  writeFileSync(join(root, 'node_modules', 'node', 'bin', 'node'), '')
  const noted = join(root, 'node_modules', '.package-lock.json')
  writeFileSync(noted, JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.0' } } }))
  expect(run()).toEqual({ status: 0, said: '' })
  expect(calls()).toBe('')
  writeFileSync(join(root, 'package-lock.json'), lock('1.0.1'))
  expect(run().status).toBe(0)
  expect(calls()).not.toBe('')
})

test.skipIf(process.platform === 'win32')(
  'its failures keep their code and are tried again',
  () => {
    const { run } = makeProject('mkdir -p node_modules; exit 7')
    for (const _ of [1, 2]) {
      const { status, said } = run()
      expect(status).toBe(7)
      expect(said).toContain('Cannot set up: npm ended with 7')
    }
  },
)

test.skipIf(process.platform === 'win32')('without npm it says what to do', () => {
  const { status, said } = makeProject().run()
  expect(status).toBe(1)
  expect(said).toBe(
    'Cannot set up: npm is not on the PATH; install Node 20 or newer, which brings it\n',
  )
})

test.skipIf(process.platform === 'win32')(
  'two at once install once, and the dead hold nobody up',
  async () => {
    const { root, start, run, calls } = makeProject(install)
    const both = [start(), start()]
    const ends = await Promise.all(both.map((child) => once(child, 'exit')))
    expect(ends.map(([code]) => code)).toEqual([0, 0])
    expect(calls().trim().split('\n')).toHaveLength(1)
    expect(existsSync(join(root, '.robnu', 'setup.lock'))).toBe(false)

    writeFileSync(join(root, 'package-lock.json'), lock('1.0.1'))
    mkdirSync(join(root, '.robnu', 'setup.lock'))
    const { pid } = spawnSync(process.execPath, ['--version'])
    writeFileSync(join(root, '.robnu', 'setup.lock', 'pid'), String(pid))
    expect(run().status).toBe(0)
    expect(calls().trim().split('\n')).toHaveLength(2)
  },
)
