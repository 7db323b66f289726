/** The accounts of sellers, and who looks into them. */
import { type Check, check, fault, listed, ok, warning } from '../check.ts'

export interface Accounts {
  readonly active: number
  readonly needReconnect: number
  readonly paused: number
  /** Active, connected for over two days, and without a good run for one. */
  readonly silent: number
  /** Codes of marketplaces that have accounts, and no enabled plugin. */
  readonly withoutPlugin: readonly string[]
  /** Whose marketplace wants secrets changed, and within a month; the oldest, in days. */
  readonly oldSecrets: number
  readonly oldestSecretDays: number
  /** Active, and without a schedule that is not paused. */
  readonly withoutSchedule: number
  readonly staff: number
  readonly impersonations: number
  /** Live, and over their time. */
  readonly impersonationsOver: number
}

export const accountChecks: readonly Check[] = [
  check('accounts', 'accounts', [
    'accounts-need-reconnecting',
    'Accounts have credentials that work',
    'Their marketplace refuses what we hold; nothing of theirs is synced until the seller acts.',
    'Ask the sellers to connect again: PUT /v1/marketplace-accounts/{id}/credentials.',
  ], ({ needReconnect }) => needReconnect === 0 ? ok() : warning(`${needReconnect} do not`)),
  check('accounts', 'accounts', [
    'accounts-silent',
    'Active accounts had a good sync within a day',
    'Something holds them up that is not a pause, a switch or their credentials.',
    'Run `robnu doctor --account <id>` for one of them; it names the first link that is broken.',
  ], ({ silent, active }) => silent === 0 ? ok() : warning(`${silent} of ${active} had none`)),
  check('accounts', 'accounts', [
    'accounts-without-plugin',
    'The plugins of all accounts are enabled',
    'Work of an account whose plugin is not there ends as failed.',
    'Enable the plugin in robnu.config.json, or disable it with `robnu plugins disable`.',
  ], ({ withoutPlugin }) => withoutPlugin.length === 0 ? ok() : fault(listed(withoutPlugin))),
  check(
    'accounts',
    'accounts',
    [
      'accounts-without-schedule',
      'Active accounts have a schedule',
      'They sync when people ask, and never by themselves.',
      'Set one with PATCH /v1/marketplace-accounts/{id}/schedules/{target}.',
    ],
    ({ withoutSchedule }) => withoutSchedule === 0 ? ok() : warning(`${withoutSchedule} have none`),
  ),
  check(
    'accounts',
    'accounts',
    [
      'account-secrets-old',
      'Secrets of accounts are changed in time',
      'A marketplace that wants them changed, as Amazon does twice a year, may shut the account out.',
      'Ask the sellers for new ones: PUT /v1/marketplace-accounts/{id}/credentials.',
    ],
    ({ oldSecrets, oldestSecretDays }) =>
      oldSecrets === 0 ? ok() : warning(`${oldSecrets}, the oldest of ${oldestSecretDays} days`),
  ),
  check('accounts', 'accounts', [
    'no-staff',
    'Somebody can help sellers',
    'Nobody can see switches and dead letters, or lift a suspension.',
    'Run `robnu staff add <email> <name>`.',
  ], ({ staff }) => staff === 0 ? warning('there is no member of staff') : ok(`${staff}`)),
  check('accounts', 'accounts', [
    'impersonation-not-ended',
    'Sessions inside sellers end in time',
    'The sweep that ends them does not run; the database lets nobody in after their time all the same.',
    'See that sweeps run, and that `impersonation-sweep` is not switched off.',
  ], ({ impersonationsOver, impersonations }) => {
    if (impersonationsOver > 0) return warning(`${impersonationsOver} are over their time`)
    return ok(impersonations === 0 ? undefined : `${impersonations} are open`)
  }),
]
