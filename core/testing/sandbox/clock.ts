/** A sandbox's clock: an upstream that may run faster than real time and never goes back. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { clearInterval, setInterval } from 'node:timers'
import { z } from 'zod'
import type { ClockAnchor } from './sandbox.ts'
import { type ControlVerb, controlVerb } from './control.ts'

export interface ClockOptions {
  /** What the clock shows when nothing was stored before; epoch milliseconds. */
  readonly start: number
  readonly speed?: number
  /** Where the last instant is kept; absent: memory only. */
  readonly dir?: string
  /** The real clock, epoch milliseconds. */
  readonly real?: () => number
}
export interface SandboxClock {
  /** Epoch milliseconds on the upstream's clock. */
  readonly now: () => number
  /** How it runs now; every `set` makes another. */
  readonly anchor: () => ClockAnchor
  /** Moves the clock forward to an instant; an earlier one is refused. */
  readonly set: (upstream: number) => Promise<void>
  readonly advance: (ms: number) => Promise<void>
  readonly stop: () => Promise<void>
}

/** What a clock with this anchor shows at a real instant. */
export const upstreamAt = (anchor: ClockAnchor, realMs: number): number =>
  Math.floor(Date.parse(anchor.upstream) + (realMs - Date.parse(anchor.at)) * anchor.speed)

const saveMs = 1000 // a killed sandbox loses at most this much of its real time

/** Starts a clock, or goes on where the one before in the same folder stopped. */
export const startClock = async (options: ClockOptions): Promise<SandboxClock> => {
  const { start, speed = 1, dir, real = Date.now } = options
  let anchor = anchorOf(
    real(),
    Math.max(start, dir === undefined ? start : await resume(dir, speed)),
    speed,
  )
  const now = () => upstreamAt(anchor, real())

  // one write after the other: the last one to be asked for is the last one on disk
  let saved: Promise<void> = Promise.resolve()
  const save = (stopped: boolean): Promise<void> => {
    if (dir === undefined) return saved
    saved = saved.catch(() => {}).then(() => write(dir, now(), stopped))
    return saved
  }
  await save(false)
  const timer = setInterval(() => void save(false).catch(() => {}), saveMs).unref()

  const set = async (upstream: number): Promise<void> => {
    if (!(upstream >= now())) throw new Error('Cannot set the clock: it never goes back')
    anchor = anchorOf(real(), upstream, speed)
    await save(false)
  }
  return {
    now,
    anchor: () => anchor,
    set,
    advance: (ms) => set(now() + ms),
    stop: async () => {
      clearInterval(timer)
      await save(true)
    },
  }
}

/** The verb `clock`: {} tells, {to} or {bySeconds} moves forward. */
export const clockVerb = (clock: SandboxClock): ControlVerb =>
  controlVerb('tells how the clock runs, or moves it forward', Move, async ({ to, bySeconds }) => {
    if (to !== undefined) await clock.set(Date.parse(to))
    if (bySeconds !== undefined) await clock.advance(bySeconds * 1000)
    return clock.anchor()
  })

const Move = z.strictObject({
  to: z.iso.datetime({ offset: true }).optional(),
  bySeconds: z.number().min(0).optional(),
})

const anchorOf = (realMs: number, upstreamMs: number, speed: number): ClockAnchor => ({
  at: new Date(realMs).toISOString(),
  upstream: new Date(upstreamMs).toISOString(),
  speed,
})

const Saved = z.object({ upstream: z.iso.datetime(), stopped: z.boolean() })
const fileOf = (dir: string): string => join(dir, 'clock.json')

const resume = async (dir: string, speed: number): Promise<number> => {
  const text = await readFile(fileOf(dir), 'utf8').catch(() => undefined)
  if (text === undefined) return -Infinity
  const saved = Saved.safeParse(parsed(text))
  if (!saved.success) throw new Error(`Cannot read the sandbox clock "${fileOf(dir)}": not a clock`)
  // after a kill the clock had run on since the last write: begin ahead of where it can have been
  const unseenMs = saved.data.stopped ? 0 : 2 * saveMs * speed
  return Date.parse(saved.data.upstream) + unseenMs
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const write = async (dir: string, upstreamMs: number, stopped: boolean): Promise<void> => {
  await mkdir(dir, { recursive: true })
  const upstream = new Date(upstreamMs).toISOString()
  const next = `${fileOf(dir)}.next`
  await writeFile(next, JSON.stringify({ upstream, stopped }))
  // a rename is whole or not at all: a kill in the middle leaves the file before
  await rename(next, fileOf(dir))
}
