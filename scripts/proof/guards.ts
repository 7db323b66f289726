/**
 * Takes every guard away, one at a time and in a copy of the tree, and runs the tests that stand for
 * it: a guard whose absence no test notices is a fault.
 */
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import type { Proof } from '../proof.ts'
import type { Guard } from './guards/guard.ts'
import { guards } from './guards/list.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const leftOut = /^(?:node_modules|\.git|\.robnu)(?:\/|$)/
const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** `ROBNU_GUARDS=door,session` runs those whose name holds one of the words. */
export const run = (): Promise<Proof> => {
  const words = process.env['ROBNU_GUARDS']?.split(',') ?? ['']
  const chosen = guards.filter(({ name }) => words.some((word) => name.includes(word)))
  const tree = copyTree()
  const missed: string[] = []
  try {
    const files = [...new Set(chosen.flatMap(({ tests }) => tests))]
    if (!passes(tree, files)) throw new Error('Cannot prove anything: the tests fail as they are')
    for (const [at, guard] of chosen.entries()) {
      const isNoticed = without(tree, guard, () => !passes(tree, guard.tests))
      if (!isNoticed) missed.push(guard.name)
      say(`  ${at + 1}/${chosen.length} ${isNoticed ? 'noticed' : 'NOT NOTICED'}: ${guard.name}`)
    }
  } finally {
    rmSync(tree, { recursive: true, force: true })
  }
  if (missed.length > 0) {
    return Promise.reject(new Error(`No test notices the absence of: ${missed.join('; ')}`))
  }
  const figures = { guards: chosen.length, noticed: chosen.length }
  return Promise.resolve({ name: 'guards', figures })
}

const copyTree = (): string => {
  const tree = mkdtempSync(join(tmpdir(), 'robnu-guards-'))
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root })
  for (const file of listed.toString().split('\n')) {
    // what is deleted and not committed yet is listed as well
    const isThere = file !== '' && existsSync(join(root, file))
    if (isThere && !leftOut.test(file)) cpSync(join(root, file), join(tree, file))
  }
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'))
  return tree
}

/** Runs `work` while the guard is gone. */
const without = <T>(tree: string, guard: Guard, work: () => T): T => {
  const path = join(tree, guard.file)
  const text = readFileSync(path, 'utf8')
  if (text.split(guard.find).length !== 2) {
    throw new Error(`Cannot take "${guard.name}" away: its text is not there once in ${guard.file}`)
  }
  writeFileSync(path, text.replace(guard.find, () => guard.replace))
  try {
    return work()
  } finally {
    writeFileSync(path, text)
  }
}

const passes = (tree: string, tests: readonly string[]): boolean => {
  const vitest = join(tree, 'node_modules/vitest/vitest.mjs')
  try {
    execFileSync(
      process.execPath,
      [vitest, 'run', '--config', 'tests/vitest.config.ts', '--bail', '1', ...tests],
      { cwd: tree, stdio: 'pipe', env: { ...process.env, CI: 'true' } },
    )
    return true
  } catch {
    return false
  }
}
