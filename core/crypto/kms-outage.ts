/** Whether KMS answers, as the keyring has last seen it; looked at again without making anybody wait. */
import type { Log } from '../log.ts'
import type { KeyRow } from './key-rows.ts'
import { contextOf } from './key-wrap.ts'
import type { KeyWrapping } from './kms.ts'
import { isKmsAway, kmsTroubleOf } from './kms-call.ts'

/** How long old keys are handed out before the database and KMS are asked about them again. */
export const lookAgainMs = 10_000

export interface KmsOutage {
  /** From the first call that KMS did not answer to the first that it did, with whatever. */
  readonly isDown: () => boolean
  readonly over: () => void
  /** Of what a load has thrown. */
  readonly learn: (error: unknown) => void
  /**
   * Asks KMS for a key of these rows and throws it away, unless it was asked just now. One at a time, and
   * nobody waits for it.
   */
  readonly probe: (sellerId: string, rows: readonly KeyRow[]) => void
}

export const watchKms = ({ kms, log, now }: {
  readonly kms: KeyWrapping
  readonly log: Log
  readonly now: () => number
}): KmsOutage => {
  let downSince: number | undefined
  let askedAt = -Infinity
  let probing = false
  const over = (): void => {
    if (downSince === undefined) return
    log.info('keys.kms-answers', { downMs: now() - downSince })
    downSince = undefined
  }
  const learn = (error: unknown): void => {
    if (isKmsAway(error)) {
      askedAt = now()
      if (downSince === undefined) log.warn('keys.kms-away')
      downSince ??= now()
    } else if (kmsTroubleOf(error)) over() // it answers, if not as we would like
  }
  return {
    isDown: () => downSince !== undefined,
    over,
    learn,
    probe: (sellerId, rows) => {
      const row = rows.find(({ root, state }) => root === null && state === 'CURRENT')
      if (row === undefined || probing || now() - askedAt < lookAgainMs) return
      probing = true
      askedAt = now()
      kms.unwrap(row.wrapped, contextOf(sellerId, row))
        .then((plain) => {
          plain.fill(0)
          over()
        }, (error) => isKmsAway(error) ? undefined : over())
        .finally(() => {
          probing = false
        })
    },
  }
}
