/** `npm run test:browser`: the documentation page in a headless Chromium of this machine. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const packager = 'apt-get'
const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

const say = (line: string): void => void process.stdout.write(`${line}\n`)

const findChromium = (): string | undefined => {
  const named = process.env['CHROMIUM_PATH']
  if (named) return named
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  return names.flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((file) => existsSync(file))
}

/** Only where nobody is asked for a password, and nothing else of the system changes. */
const installChromium = (): void => {
  if (process.getuid?.() !== 0 || spawnSync(packager, ['--version']).status !== 0) return
  say('There is no Chromium: installing the one of this system with apt-get')
  const options = { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
  const apt = (...args: string[]) => spawnSync(packager, args, options as { stdio: 'inherit' })
  if (apt('install', '-qq', '-y', '--no-install-recommends', 'chromium').status === 0) return
  // a fresh container has no lists of packages
  apt('update', '-qq')
  apt('install', '-qq', '-y', '--no-install-recommends', 'chromium')
}

const main = (): number => {
  if (findChromium() === undefined) installChromium()
  const browser = findChromium()
  if (browser === undefined) {
    say('Left out: there is no Chromium on the PATH; install one, or name it in CHROMIUM_PATH')
    return 0
  }
  const test = ['node_modules/vitest/vitest.mjs', 'run', '--config=tests/vitest.config.ts']
  const runtime = 'Deno' in globalThis ? ['run', '-A'] : []
  const { status } = spawnSync(process.execPath, [...runtime, ...test, 'tests/browser'], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ROBNU_BROWSER: browser },
  })
  return status ?? 1
}

process.exitCode = main()
