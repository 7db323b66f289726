/** Word of changed keys put together: every process that holds keys looks for it. */
import type { KeyNews } from '../crypto/key-news.ts'
import type { Log } from '../log.ts'
import { watchOutage } from '../queues/outage.ts'
import { pause } from '../queues/pause.ts'

/** Two looks and some time to spare before keys that were destroyed are zeroed everywhere, in 5 s. */
const lookEveryMs = 2_000

/** Answers how to stop. */
export const followKeyNews = (
  news: Pick<KeyNews, 'look'>,
  { log, everyMs = lookEveryMs }: { readonly log: Log; readonly everyMs?: number },
): () => Promise<void> => {
  const stopping = new AbortController()
  const outage = watchOutage(log, 'keys.news')
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        await news.look()
        outage.worked()
      } catch (error) {
        outage.failed(error)
      }
      await pause(everyMs, stopping.signal)
    }
  }
  const looping = loop()
  return async () => {
    stopping.abort()
    await looping
  }
}
