/** A plugin's process that is none, on a clock that stands until a test moves it. */
import type { ChildEvents } from '../../../core/host/isolated/spawn.ts'
import { type Limits, usualLimits } from '../../../core/host/isolated/limits.ts'
import { supervise } from '../../../core/host/isolated/supervise.ts'
import type { Time } from '../../../core/host/isolated/time.ts'
import { createLog } from '../../../core/log.ts'

interface FakeChild {
  readonly pid: number
  /** What it was told, parsed. */
  readonly told: { readonly t: string; readonly id?: number; readonly n?: number }[]
  readonly says: (frame: unknown) => void
  readonly writes: (line: string) => void
  readonly dies: (why: string) => void
  readonly isKilled: () => boolean
  /** Whether it answers heartbeats. */
  answers: boolean
  residentBytes: number | undefined
}

export const fakeHouse = (limits: Partial<Limits> = {}) => {
  let now = 1_000_000
  const timers: { readonly at: number; readonly run: () => void }[] = []
  const time: Time = {
    now: () => now,
    after: (ms, run) => {
      const timer = { at: now + ms, run }
      timers.push(timer)
      return () => {
        const at = timers.indexOf(timer)
        if (at >= 0) timers.splice(at, 1)
      }
    },
  }
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
  }
  const children: FakeChild[] = []
  const spawn = (events: ChildEvents) => {
    let killed = false
    let gone = false
    const die = (why: string): void => {
      if (!gone) {
        gone = true
        events.gone(why)
      }
    }
    const child: FakeChild = {
      pid: 100 + children.length,
      told: [],
      says: (frame) => events.line(JSON.stringify(frame)),
      writes: events.line,
      dies: die,
      isKilled: () => killed,
      answers: true,
      residentBytes: undefined,
    }
    children.push(child)
    return {
      pid: child.pid,
      ...{ hold: () => {}, giveWay: () => {} },
      residentBytes: () => child.residentBytes,
      kill: () => {
        killed = true
        // as a system does it: a moment later
        void Promise.resolve().then(() => die('ended by SIGKILL'))
      },
      send: (line: string) => {
        const frame = JSON.parse(line)
        child.told.push(frame)
        if (frame.t === 'ping' && child.answers) child.says({ t: 'pong', n: frame.n, rss: 1_000 })
      },
    }
  }
  const lines: string[] = []
  const log = createLog((line) => void lines.push(line), () => new Date(now))
  const supervisor = supervise({
    ...{ name: 'shop', url: 'file:///shop/mod.ts', spawn, time, log, speedOf: () => 1 },
    limits: { ...usualLimits, ...limits },
  })
  return {
    supervisor,
    children,
    lines,
    settle,
    newest: (): FakeChild => {
      const child = children.at(-1)
      if (!child) throw new Error('No process was started')
      return child
    },
    /** Runs what falls due, one after the other. */
    pass: async (ms: number): Promise<void> => {
      const until = now + ms
      for (;;) {
        const due = timers.filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at)[0]
        if (!due) break
        timers.splice(timers.indexOf(due), 1)
        now = Math.max(now, due.at)
        due.run()
        await settle()
      }
      now = until
      await settle()
    },
  }
}
