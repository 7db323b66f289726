/** Lines of the log on their way out: gathered, because a write to a pipe holds the process up. */

export interface Lines {
  readonly write: (line: string) => void
  /** Writes what is there; call it last. */
  readonly flush: () => void
}

/** Nobody who reads along notices; what crashes the process is written before it ends. */
const gatherMs = 20

export const createLines = (put: (text: string) => void): Lines => {
  let waiting: string[] = []
  let timer: ReturnType<typeof setTimeout> | undefined
  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    if (waiting.length === 0) return
    const text = `${waiting.join('\n')}\n`
    waiting = []
    put(text)
  }
  return {
    write: (line) => {
      waiting.push(line)
      timer ??= setTimeout(flush, gatherMs)
    },
    flush,
  }
}
