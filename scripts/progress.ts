/** Progress of long work: a bar that redraws itself on a terminal, a line now and then elsewhere. */
import process from 'node:process'

export interface Progress {
  readonly show: (done: number, of: number, what: string) => void
  readonly end: () => void
}

const width = 30
/** Lines of a log file or of CI, where nothing can be redrawn. */
const lineEveryMs = 2_000

export const createProgress = (
  out: { readonly isTTY?: boolean; write(text: string): unknown } = process.stdout,
  now: () => number = Date.now,
): Progress => {
  let lastLine = Number.NEGATIVE_INFINITY
  let drawn = false
  return {
    show: (done, of, what) => {
      const share = of === 0 ? 1 : Math.min(1, done / of)
      const filled = Math.round(share * width)
      const bar = '█'.repeat(filled) + '░'.repeat(width - filled)
      const text = `${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${what}`
      if (out.isTTY) {
        out.write(`\r${text}`)
        drawn = true
      } else if (now() - lastLine >= lineEveryMs) {
        lastLine = now()
        out.write(`${text}\n`)
      }
    },
    end: () => {
      if (drawn) out.write('\n')
      drawn = false
    },
  }
}
