/** Whether keys are to be had, for who asks if this process can work. */
import { isKmsAway } from '../crypto/kms-call.ts'
import { settlesWithin } from '../queues/pause.ts'

/** Less than a check may take. */
const patienceMs = 1_000

/**
 * A KMS that is away is away for all processes: while sellers are served with keys that are here, none of
 * them is to be taken out for it. So it is well for as long as keys may outlive their time, since KMS
 * has answered for the last time; but not when it refuses.
 */
export const keysReady = ({ ping, now, staleMs }: {
  readonly ping: () => Promise<void>
  readonly now: () => number
  readonly staleMs: number
}): () => Promise<void> => {
  let answeredAt: number | undefined
  return async () => {
    const asked = ping().then(() => {
      answeredAt = now()
    })
    const isBridged = answeredAt !== undefined && now() - answeredAt < staleMs
    if (!isBridged) return await asked
    if (!await settlesWithin(asked, patienceMs)) return
    await asked.catch((error) => {
      if (!isKmsAway(error)) throw error
    })
  }
}
