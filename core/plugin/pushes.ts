/** What a marketplace sends by itself: a reason to look now, never data to be stored. */
import type { Account, Target } from '../plugin.ts'

/** A request of the marketplace to us, as it came. */
export interface Push {
  readonly method: string
  /** With the query, as the marketplace has asked for it. */
  readonly path: string
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}
/** What a push says. Its data are left: the sync that follows reads them at the marketplace. */
export interface PushNote {
  /** The marketplace's own id of the event: the second push of one does nothing. */
  readonly id: string
  readonly externalAccountId: string
  readonly target: Target
}
/**
 * Pushes to `/webhooks/<plugin id>/<account id>`. The signature is checked before anything else is
 * done. A lost push is healed by the schedule, one that comes twice is one.
 */
export interface Webhook<Details = unknown, Credentials = unknown> {
  /** Behind the account's id: empty, or `/orders`. */
  readonly path: string
  readonly verify: (
    push: Push,
    account: Account<Details, Credentials>,
    now: Date,
  ) => boolean | Promise<boolean>
  /** Null: nothing to look for. Is given the body as JSON; throws nothing. */
  readonly read: (body: unknown) => PushNote | null
}
/** Pushes that a marketplace puts into an SQS queue of ours, for all accounts. */
// deno-lint-ignore no-explicit-any -- a declaration holds the plugin's own config
export interface Notifications<Config = any> {
  /** The queue's URL by the plugin's configuration; null: there is none. */
  readonly queue: (config: Config) => string | null
  /** Is given the message as JSON; null: nothing to look for. */
  readonly read: (message: unknown) => PushNote | null
}
