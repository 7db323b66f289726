/** The way of a mail out of the process: behind the answer that it belongs to, and again if need be. */
import { newId } from '../ids.ts'
import type { Log } from '../log.ts'
import { checkMail, type Mail, type Mailer } from './mail.ts'

export interface Post {
  /** Sends soon. Whether it arrives is told to the log, and to nobody who asks. */
  readonly sendLater: (mail: Mail) => void
  /** Sends, and waits for it. False: it did not leave, in no try. */
  readonly send: (mail: Mail) => Promise<boolean>
  /**
   * Does work behind the answer, too: looking up whom a mail would go to takes time that would tell
   * whether there is anybody.
   */
  readonly later: (work: () => Promise<void>) => void
  /** Resolves when nothing waits any more. */
  readonly drain: () => Promise<void>
  /** The same, without second tries, and for so long at most: what is left then is lost. */
  readonly close: (limitMs?: number) => Promise<void>
}

/** Waits before the second and the third try. */
const pausesMs = [1_000, 5_000]
const atOnce = 4 // one mail that hangs holds up no other
const maxWaiting = 10_000
const closeLimitMs = 10_000

export const createPost = (
  { mailer, log, sleep }: {
    readonly mailer: Mailer
    readonly log: Log
    readonly sleep: (ms: number) => Promise<unknown>
  },
): Post => {
  const waiting: (() => Promise<void>)[] = []
  const working = new Set<Promise<void>>()
  let isClosing = false

  const work = async (): Promise<void> => {
    // not within the request: its answer leaves first
    await new Promise((resolve) => setTimeout(resolve))
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await next().catch((error: unknown) => log.error('mail.failed', { error }))
    }
  }
  const add = (job: () => Promise<void>): void => {
    if (waiting.length >= maxWaiting) return log.error('mail.dropped', { waiting: waiting.length })
    waiting.push(job)
    if (working.size >= atOnce) return
    const worker = work().finally(() => working.delete(worker))
    working.add(worker)
  }
  const send = async (mail: Mail & { readonly id: string }): Promise<boolean> => {
    for (let tries = 0;; tries++) {
      try {
        await mailer.send(mail)
        log.info('mail.sent', { mailId: mail.id })
        return true
      } catch (error) {
        const pauseMs = isClosing ? undefined : pausesMs[tries]
        if (pauseMs === undefined) {
          log.error('mail.failed', { mailId: mail.id, error })
          return false
        }
        await sleep(pauseMs)
      }
    }
  }
  const drain = async (): Promise<void> => {
    while (working.size > 0) await Promise.all(working)
  }
  return {
    sendLater: (mail) => {
      checkMail(mail)
      const id = newId()
      add(async () => void await send({ ...mail, id }))
    },
    send: async (mail) => {
      checkMail(mail)
      return await send({ ...mail, id: newId() })
    },
    later: add,
    drain,
    close: async (limitMs = closeLimitMs) => {
      isClosing = true
      const limit = Promise.withResolvers<void>()
      const timer = setTimeout(limit.resolve, limitMs)
      await Promise.race([drain(), limit.promise])
      clearTimeout(timer)
    },
  }
}

/** For a process that nobody has told how to send. */
export const noMailer: Mailer = {
  send: () => Promise.reject(new Error('Nobody sends mail: set ROBNU_MAIL_HOOK')),
}
