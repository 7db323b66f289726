/**
 * Installs what package-lock.json names, when it is not what node_modules holds; else silent.
 * Plain JavaScript with built-ins only: it runs under any Node from 20 on, and under Deno, in a fresh clone.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const lockFile = join(root, 'package-lock.json')
const stamp = join(root, 'node_modules', '.robnu-setup')
const busy = join(root, '.robnu', 'setup.lock') // outside node_modules, which npm ci removes
const npmArguments = ['ci', '--no-audit', '--no-fund', '--loglevel=error']
const waitLimitMs = 15 * 60_000 // longer than an installation over a slow line
const claimMs = 10_000 // between making the lock and writing who holds it lies a moment, not more
const windows = process.platform === 'win32'

const say = (line) => process.stderr.write(`${line}\n`)

/** The binaries differ by platform: a folder shared between two machines must be installed again. */
const wanted = () =>
  createHash('sha256').update(readFileSync(lockFile)).update(process.platform + process.arch)
    .digest('hex')

const isDone = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted()

const setUp = () => {
  if (isDone()) return 0
  if (!takeTurn()) {
    say(`Cannot set up: another set-up holds "${busy}"; remove that folder if none is running`)
    return 1
  }
  try {
    return isDone() ? 0 : install()
  } finally {
    remove(busy)
  }
}

const install = () => {
  if (isInstalled()) {
    restoreDenoLink()
    writeFileSync(stamp, wanted())
    return 0
  }
  if (!isOnPath(windows ? ['npm.cmd', 'npm.exe'] : ['npm'])) {
    say('Cannot set up: npm is not on the PATH; install Node 20 or newer, which brings it')
    return 1
  }
  say('Installing the packages of package-lock.json with npm (once, about a minute)…')
  const startedAt = performance.now()
  const run = spawnSync('npm', npmArguments, { cwd: root, stdio: 'inherit', shell: windows })
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  if (run.status !== 0) {
    const why = run.status === null
      ? `by ${run.signal ?? run.error?.message}`
      : `with ${run.status}`
    say(`Cannot set up: npm ended ${why} after ${seconds} s`)
    return run.status ?? 1
  }
  restoreDenoLink()
  writeFileSync(stamp, wanted())
  say(`Installed in ${seconds} s`)
  return 0
}

/**
 * The installation of the package deno makes `.bin/deno` the program itself. `deno task` takes what
 * lies in `.bin` for JavaScript, so there it has to be the package's own script again, which starts
 * the program.
 */
const restoreDenoLink = () => {
  const link = join(root, 'node_modules', '.bin', 'deno')
  const script = join(root, 'node_modules', 'deno', 'bin.cjs')
  if (windows || !existsSync(script) || !existsSync(link)) return
  rmSync(link)
  symlinkSync(join('..', 'deno', 'bin.cjs'), link)
}

/** Whether somebody ran npm already: npm notes in node_modules what it put there. */
const isInstalled = () => {
  // the package `node` fetches its binary in a script, which --ignore-scripts leaves out
  if (!existsSync(join(root, 'node_modules', 'node', 'bin', windows ? 'node.exe' : 'node'))) {
    return false
  }
  const noted = readJson(join(root, 'node_modules', '.package-lock.json'))?.packages
  const locked = readJson(lockFile)?.packages
  if (!noted || !locked) return false
  const names = Object.keys(locked).filter((name) => name !== '')
  return Object.keys(noted).every((name) => locked[name]?.version === noted[name].version) &&
    names.every((name) => noted[name] || locked[name].optional || locked[name].devOptional)
}

const readJson = (file) => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

const isOnPath = (names) =>
  (process.env.PATH ?? process.env.Path ?? '').split(delimiter).some((folder) =>
    names.some((name) => existsSync(join(folder, name)))
  )

/** One at a time; a second one waits, and then mostly finds nothing left to do. */
const takeTurn = () => {
  mkdirSync(dirname(busy), { recursive: true, mode: 0o711 })
  const end = Date.now() + waitLimitMs
  let told = false
  while (Date.now() < end) {
    try {
      mkdirSync(busy)
      writeFileSync(join(busy, 'pid'), String(process.pid))
      return true
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    if (isAbandoned()) {
      remove(busy)
      continue
    }
    if (!told) say('Waiting for another set-up of this folder…')
    told = true
    pause(200)
  }
  return false
}

const isAbandoned = () => {
  try {
    const age = Date.now() - statSync(busy).mtimeMs
    const pid = Number(readText(join(busy, 'pid')))
    if (age > waitLimitMs) return true
    // our own id is that of an earlier process: containers use the same few again
    return pid > 0 ? pid === process.pid || !isAlive(pid) : age > claimMs
  } catch {
    return false // removed meanwhile
  }
}

const isAlive = (pid) => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** In one step, so that a lock made by somebody else meanwhile is not half removed. */
const remove = (folder) => {
  const aside = `${folder}.${process.pid}`
  try {
    renameSync(folder, aside)
    rmSync(aside, { recursive: true, force: true })
  } catch {
    // somebody else removed it
  }
}

const readText = (file) => existsSync(file) ? readFileSync(file, 'utf8') : ''

const pause = (ms) => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

process.exitCode = setUp()
