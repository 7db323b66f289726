/** Asks a marketplace whether it still takes an account's credentials, before anything needs them. */
import { command } from '../db/sql.ts'
import { hasCode } from '../errors.ts'
import { failureKind } from '../plugin.ts'
import type { LeasedWork } from '../queues/work.ts'
import { createContext } from './run-context.ts'
import { endOfError, endSlice, type SliceEnd } from './run-finish.ts'
import type { SyncDeps } from './run-sync.ts'
import { traceOf } from './trace.ts'
import { withAccount } from './with-account.ts'

/**
 * Runs a SESSION item. A refusal is answered by a refresh; after a second one the account says that it
 * has to be connected anew, and why.
 */
export const verifyAccount = async (
  deps: SyncDeps,
  work: LeasedWork,
  signals: { readonly signal: AbortSignal },
): Promise<void> => {
  const { accountId: account, runId: run, entry, pluginId } = work
  const log = deps.log.with({ seller: entry.sellerId, account, run })
  const upstream = deps.upstreamOf(pluginId)
  let end: SliceEnd = { end: 'done' }
  try {
    const marketplace = deps.registry.find(work.marketplace)
    if (marketplace) {
      const context = createContext(deps, marketplace, upstream, work, { ...signals, log })
      const to = { marketplace, context, purpose: 'verify' } as const
      await withAccount(deps, work, to, (opened) => marketplace.adapter.verify(opened, context))
    } else {
      const message = `No enabled plugin is for ${work.marketplace}`
      end = { end: 'failed', kind: 'rejected', message }
    }
  } catch (error) {
    if (signals.signal.aborted || hasCode(error, 'lease-lost')) throw error
    const kind = failureKind(error)
    log[kind ? 'warn' : 'error']('session.interrupted', { kind, ...traceOf(error) })
    end = endOfError(error, { attempts: work.attempts, progress: false, upstream })
  }
  await deps.db.withSellerScope(entry, async (scope) => {
    if (end.end === 'done') {
      await scope.run(command`
        update marketplace_accounts
        set last_validated_at = now(), last_validation_status = 'OK'
        where seller_id = ${scope.sellerId} and id = ${account}`)
    }
    await endSlice(scope, work, end)
  })
  log.info('session.slice', { ...end })
}
