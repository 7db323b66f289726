/** What the launcher asks about other processes: do they live, are they still the same, where do they work. */
import { spawnSync } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import process from 'node:process'
import { codeOf } from './faults.ts'

const pollMs = 20 // a start or a stop of ours takes some 50 ms

/** Whether the process can still do something: a dead one that nobody has waited for does not count. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
  // containers whose first process does not wait for orphans keep the dead ones listed for ever
  return linuxStat(pid)?.state !== 'Z'
}

/** Tells two processes apart that had the same id one after the other; undefined where the system is silent. */
export const birthMark = (pid: number): string | undefined => {
  const stat = linuxStat(pid)
  if (stat) return `${readIfThere('/proc/sys/kernel/random/boot_id')?.trim()}/${stat.startTicks}`
  return process.platform === 'win32' ? undefined : ps(pid, 'lstart')
}

/** Whether the process works in the folder; on Windows, which does not say, the answer is yes. */
export const worksIn = (pid: number, folder: string): boolean => {
  if (process.platform === 'win32') return true
  if (process.platform !== 'linux') return ps(pid, 'command')?.includes(folder) ?? false
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === folder
  } catch {
    return false // it ended meanwhile, or belongs to somebody else
  }
}

/** Sends a signal to a process that may have ended meanwhile. */
export const sendSignal = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error
  }
}

/** Waits until the condition holds; false when the limit passes first. */
export const waitUntil = async (holds: () => boolean, limitMs: number): Promise<boolean> => {
  const end = performance.now() + limitMs
  while (!holds()) {
    if (performance.now() > end) return false
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
  return true
}

const linuxStat = (pid: number): { state: string; startTicks: string } | undefined => {
  const text = readIfThere(`/proc/${pid}/stat`)
  if (text === undefined) return undefined
  // the name before the last bracket is the program's own choice and may hold anything
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { state: fields[0] ?? '', startTicks: fields[19] ?? '' }
}

const readIfThere = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

const ps = (pid: number, column: string): string | undefined =>
  spawnSync('ps', ['-o', `${column}=`, '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim() ||
  undefined
