/** A stream of a plugin's process, read item by item: the next one is asked for when somebody wants it. */

export interface StreamSource {
  readonly begin: () => Promise<{ readonly id: number; readonly release: () => void }>
  /** `{ items, done }`, at most `max` of them. */
  readonly next: (call: number) => Promise<unknown>
  /** Has the plugin's own generator end. */
  readonly end: (call: number) => Promise<unknown>
}

export const streamOf = (max: number, source: StreamSource): AsyncIterable<unknown> => ({
  [Symbol.asyncIterator]: () => {
    let started: ReturnType<StreamSource['begin']> | undefined
    let items: unknown[] = []
    let isDone = false
    const pull = async (): Promise<IteratorResult<unknown>> => {
      if (items.length > 0) return { done: false, value: items.shift() }
      if (isDone) return { done: true, value: undefined }
      started ??= source.begin()
      const { id, release } = await started
      try {
        const { items: came, done } = await source.next(id) as { items: unknown; done: unknown }
        if (!Array.isArray(came) || came.length > max) throw new Error('The stream is broken')
        items = came
        isDone = done === true || came.length === 0
      } catch (error) {
        isDone = true
        release()
        throw error
      }
      if (isDone) release()
      return await pull()
    }
    const leave = async (): Promise<IteratorResult<unknown>> => {
      const begun = started && !isDone ? await started.catch(() => undefined) : undefined
      isDone = true
      items = []
      if (begun) await source.end(begun.id).finally(begun.release)
      return { done: true, value: undefined }
    }
    // one at a time, as of a generator
    let turn: Promise<unknown> = Promise.resolve()
    const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
      const now = turn.then(work, work)
      turn = now.catch(() => {})
      return now
    }
    return { next: () => inTurn(pull), return: () => inTurn(leave) }
  },
})
