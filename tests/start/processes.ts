/** Which processes belong to a ROBNU_HOME: they name it, were given it, or work below it. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import process from 'node:process'

export interface Found {
  readonly pid: number
  readonly command: string
}

/** Every living process of the folder but our own. */
export const processesOf = (home: string): readonly Found[] => {
  const found = existsSync('/proc/self/cmdline') ? fromProc(home) : fromPs(home)
  return found.filter(({ pid }) => pid !== process.pid)
}

/** Kills what is left, and waits until it is gone. */
export const endProcessesOf = async (home: string): Promise<void> => {
  for (let turn = 0; turn < 100; turn++) {
    const left = processesOf(home)
    if (left.length === 0) return
    for (const { pid } of left) kill(pid)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const kill = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it has ended meanwhile
  }
}

const fromProc = (home: string): Found[] =>
  readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((name) => {
    const command = textOf(`/proc/${name}/cmdline`).replaceAll('\0', ' ').trim()
    // a dead process that nobody waited for has no command any more
    if (command === '') return []
    const belongs = command.includes(home) || workFolder(name).startsWith(home) ||
      textOf(`/proc/${name}/environ`).includes(home)
    return belongs ? [{ pid: Number(name), command }] : []
  })

const textOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // ended meanwhile, or somebody else's
  }
}

const workFolder = (pid: string): string => {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return ''
  }
}

/** With `e`, the environment stands behind the command. */
const fromPs = (home: string): Found[] => {
  const { stdout } = spawnSync('ps', ['axeww', '-o', 'pid=,stat=,command='], { encoding: 'utf8' })
  return (stdout ?? '').split('\n').flatMap((line) => {
    const [, pid, stat = '', command = ''] = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? []
    if (stat.startsWith('Z') || !command.includes(home) || command.startsWith('ps ax')) return []
    return [{ pid: Number(pid), command }]
  })
}
