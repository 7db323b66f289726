/** How the launcher ends: whoever asks first, what was started stops once, the last one first. */
import process from 'node:process'

export interface Stopping {
  /** What has been started, and is to be stopped before everything that was added earlier. */
  readonly add: (stop: () => unknown) => void
  /** The work's own end, or a rejection as soon as somebody asks to stop. */
  readonly unlessAsked: <T>(work: Promise<T>) => Promise<T>
  readonly isAsked: () => boolean
  readonly ask: (why: string, code: number) => void
  /** Stops everything; whoever asks from now on is not heard. */
  readonly end: () => Promise<void>
}

const parentCheckMs = 1_000

/** Hears Ctrl-C and SIGTERM, and sees that npm is gone. */
export const createStopping = (say: (line: string) => void): Stopping => {
  const stops: (() => unknown)[] = []
  const asked = Promise.withResolvers<never>()
  // the one who waits for nothing meets it nowhere
  asked.promise.catch(() => {})
  let isAsked = false
  let isOver = false
  const ask = (why: string, code: number): void => {
    if (isAsked || isOver) return
    isAsked = true
    if (code === 1) process.stderr.write(`${why}\n`)
    else say(`${why}: stopping`)
    process.exitCode = code
    asked.reject(new Error(why))
  }
  process.on('SIGINT', () => ask('Ctrl-C', 130))
  process.on('SIGTERM', () => ask('SIGTERM', 143))
  const parent = process.ppid
  // `npm start` that is killed leaves us behind with another parent
  setInterval(() => process.ppid !== parent && ask('npm is gone', 0), parentCheckMs).unref()
  return {
    add: (stop) => void stops.push(stop),
    unlessAsked: (work) => Promise.race([work, asked.promise]),
    isAsked: () => isAsked,
    ask,
    end: async () => {
      isOver = true
      for (let stop = stops.pop(); stop; stop = stops.pop()) {
        try {
          await stop()
        } catch (error) {
          process.stderr.write(`Stopping: ${error}\n`)
        }
      }
    },
  }
}
