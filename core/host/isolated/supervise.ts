/** Keeps one plugin's process alive, and says why when it is not. */
import { failure } from '../../plugin.ts'
import type { Log } from '../../log.ts'
import { createTalk, faultWords, type Limits, silentWords } from './limits.ts'
import { parseFrame } from './parent-frames.ts'
import type { PluginProcess, ProcessState } from './process.ts'
import { createSession, type Session } from './session.ts'
import type { Child, ChildEvents } from './spawn.ts'
import type { Time } from './time.ts'

export interface SuperviseOptions {
  /** For messages. */
  readonly name: string
  readonly url: string
  readonly spawn: (events: ChildEvents) => Child
  readonly time: Time
  readonly log: Log
  readonly limits: Limits
  /** Of the plugin's upstream clock, by its id. */
  readonly speedOf: (pluginId: string) => number
}
export interface Supervisor {
  readonly process: PluginProcess
  /** Of the process that runs, or is about to; throws `unavailable` where there is none. */
  readonly session: () => Promise<Session>
  /** Starts it for the first time; resolves to what the plugin declares, throws why it cannot. */
  readonly open: () => Promise<unknown>
  /** Called for each process that comes to run after the first. */
  readonly onAgain: (run: (session: Session) => void) => void
}

/** How often a process is asked whether it is there. */
const beatMs = 1_000
const firstBackoffMs = 500
const longestBackoffMs = 30_000
/** Console lines a minute; what is more is counted. */
const maxSaid = 300

interface Life {
  readonly child: Child
  readonly session: Session
  readonly ready: PromiseWithResolvers<unknown>
  /** What we ended it for, where we did. */
  cause: string | undefined
  isExpected: boolean
}

export const supervise = (options: SuperviseOptions): Supervisor => {
  const { name, time, log, limits } = options
  const fields = { plugin: name }
  let state: ProcessState = 'stopped'
  let cause: string | undefined
  let starts = 0
  let since = new Date(time.now())
  let life: Life | undefined
  let stopBackoff = () => {}
  const failures: number[] = []
  let pluginId = ''
  const again: ((session: Session) => void)[] = []

  const become = (to: ProcessState, why = cause): void => {
    state = to
    cause = why
    since = new Date(time.now())
  }
  const down = (): Error =>
    failure('unavailable', `The connector "${name}" is not running: it is started again soon`, {
      cause: new Error(cause ?? state),
    })

  const begin = (): Life => {
    starts++
    become('starting')
    const ready = Promise.withResolvers<unknown>()
    ready.promise.catch(() => {})
    let isMemory = false
    const minute = { since: time.now(), lines: 0 }
    let missed = 0
    let answered = true
    let stopBeat = () => {}
    const end = (why: string): void => {
      own.cause ??= why
      child.kill()
    }
    const stopHandshake = time.after(
      limits.handshakeMs,
      () => end(`was not ready within ${limits.handshakeMs / 1000} s`),
    )
    const watchMemory = (rss: number): void => {
      if (rss > limits.memoryMb * 1024 * 1024) {
        end(`took more than ${limits.memoryMb} MiB of memory`)
      }
    }
    const beat = (): void => {
      missed = answered ? 0 : missed + 1
      // counted by beats: a pause of our own is none of the plugin's
      if (missed * beatMs >= limits.silentMs) {
        return end(silentWords(limits, child.residentBytes() ?? 0))
      }
      if (missed > 0) child.giveWay()
      watchMemory(child.residentBytes() ?? 0)
      answered = false
      child.send(JSON.stringify({ t: 'ping', n: starts }))
      stopBeat = time.after(beatMs, beat)
    }
    const child = options.spawn({
      spoilt: end,
      said: (line) => {
        isMemory ||= /out of memory|heap limit/i.test(line)
        if (time.now() - minute.since > 60_000) {
          Object.assign(minute, { since: time.now(), lines: 0 })
        }
        if (++minute.lines <= maxSaid) log.info('plugin.said', { ...fields, line })
      },
      gone: (why) => {
        stopHandshake()
        stopBeat()
        ended(own, own.cause ?? (isMemory ? `ran out of its ${limits.heapMb} MiB of memory` : why))
      },
      line: (line) => {
        const why = talk(line.length)
        if (why !== undefined) return end(why)
        try {
          hear(line)
        } catch {
          // whatever it is: it must not become an error of ours
          end('said what is no frame')
        }
      },
    })
    const talk = createTalk(time)
    const hear = (line: string): void => {
      const frame = parseFrame(line)
      if (!frame) throw new TypeError('no frame')
      if (frame.t === 'pong') {
        answered = true
        watchMemory(frame.rss)
      } else if (frame.t === 'fault') {
        end(faultWords(frame.message, own === life && state === 'starting'))
      } else if (frame.t === 'plugin') {
        if (own !== life || state !== 'starting') return
        stopHandshake()
        become('running')
        pluginId = idOf(frame.value)
        log.info('plugin.started', { ...fields, pid: child.pid, starts })
        ready.resolve(frame.value)
        hold()
        beat()
      } else session.receive(frame)
    }
    const hold = (): void =>
      child.hold(own === life && state === 'starting' || session.inHand() > 0)
    const session = createSession({
      ...{ id: () => name, send: child.send, time, hangs: end, counted: hold },
      speed: () => options.speedOf(pluginId),
    })
    const own: Life = { child, session, ready, cause: undefined, isExpected: false }
    child.send(JSON.stringify({ t: 'load', url: options.url }))
    return own
  }

  const ended = (which: Life, why: string): void => {
    const wasFirst = starts === 1 && state === 'starting'
    if (which === life && !which.isExpected) {
      become('failed', why)
      log.error('plugin.failed', { ...fields, pid: which.child.pid, cause: why })
      life = undefined
      if (!wasFirst) planAgain()
    }
    which.ready.reject(new Error(why))
    which.session.end(down())
  }
  const planAgain = (): void => {
    const now = time.now()
    failures.push(now)
    while (failures[0] !== undefined && failures[0] <= now - limits.windowMs) failures.shift()
    if (failures.length >= limits.failures) {
      log.error('plugin.given-up', { ...fields, cause, failures: failures.length })
      return
    }
    const wait = Math.min(longestBackoffMs, firstBackoffMs * 2 ** (failures.length - 1))
    stopBackoff = time.after(wait, () => void run().catch(() => {}))
  }
  /** A process, until it is ready. */
  const run = async (): Promise<unknown> => {
    const own = begin()
    life = own
    const declared = await own.ready.promise
    if (starts > 1) { for (const one of again) one(own.session) }
    return declared
  }
  /** The process goes when its calls are through, or when they have had their time. */
  const retire = async (which: Life | undefined): Promise<void> => {
    if (!which) return
    which.isExpected = true
    const until = time.now() + limits.drainMs
    which.child.hold(true)
    const stopped = which.session.stopStarted()
    while (which.session.inHand() > 0 && time.now() < until) {
      await new Promise<void>((resolve) => void time.after(50, resolve))
    }
    const tooLong = Promise.withResolvers<void>()
    const stopWaiting = time.after(Math.max(0, until - time.now()), tooLong.resolve)
    await Promise.race([stopped, tooLong.promise])
    stopWaiting()
    which.session.end(down())
    which.child.kill()
  }

  return {
    onAgain: (run) => void again.push(run),
    open: run,
    session: async () => {
      const own = life
      if (!own) throw down()
      if (state === 'starting') await own.ready.promise.catch(() => Promise.reject(down()))
      return own.session
    },
    process: {
      state: () => {
        // of one that runs well again, nobody has to know any more
        const isOld = state === 'running' && time.now() - since.getTime() >= limits.windowMs
        return { state, ...cause === undefined || isOld ? {} : { cause }, starts, since }
      },
      restart: async () => {
        stopBackoff()
        failures.length = 0
        cause = undefined
        const before = life
        // who asks from now on waits for the new one
        const coming = run()
        await Promise.all([coming, retire(before)])
      },
      stop: async () => {
        stopBackoff()
        const before = life
        life = undefined
        become('stopped')
        await retire(before)
      },
    },
  }
}

const idOf = (declared: unknown): string => {
  const { id } = (declared ?? {}) as { readonly id?: unknown }
  return typeof id === 'string' ? id : ''
}
