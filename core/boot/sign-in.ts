/** Signing in put together: the proofs of who somebody is, and the mails that go with them. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Auth, createAuth } from '../auth/auth.ts'
import { forgetSessions } from '../auth/forget-sessions.ts'
import { createLanes } from '../auth/lanes.ts'
import type { PasswordHasher } from '../auth/passwords.ts'
import type { Tokens } from '../auth/tokens.ts'
import type { Config } from '../config.ts'
import { deriveKey } from '../crypto/derive.ts'
import { type NumberedSecrets, numberSecrets } from '../crypto/numbered.ts'
import type { Database } from '../db/database.ts'
import { newId } from '../ids.ts'
import type { Log } from '../log.ts'
import { createMailHook } from '../mail/hook.ts'
import type { Mailer } from '../mail/mail.ts'
import { createOutbox } from '../mail/outbox.ts'
import { createPost, noMailer, type Post } from '../mail/post.ts'

interface PostDeps {
  readonly config: Config
  readonly fetch: typeof fetch
  readonly log: Log
  readonly clock: () => Date
}

export const secretsOf = ({ ROBNU_SECRET, ROBNU_PEPPERS }: Config): NumberedSecrets =>
  numberSecrets(ROBNU_SECRET, ROBNU_PEPPERS)

/** Warns where nobody sends: whoever forgets a password then stays out. */
export const openPost = (deps: PostDeps): Post => {
  const { ROBNU_MAIL_HOOK, ROBNU_MAIL_OUTBOX } = deps.config
  if (ROBNU_MAIL_HOOK === undefined && ROBNU_MAIL_OUTBOX === undefined) {
    deps.log.warn('mail.no-sender')
  }
  return createPost({ mailer: mailerOf(deps), log: deps.log, sleep: (ms) => sleep(ms) })
}

/** Once a day. */
export const sessionsSweep = (
  { db, log, clock }: { readonly db: Database; readonly log: Log; readonly clock: () => Date },
) => ({
  id: 'sessions-sweep',
  cron: '42 3 * * *',
  run: async () => log.info('sweep.sessions', { forgotten: await forgetSessions(db, clock()) }),
})

/** The hook where there is one, else the folder. */
const mailerOf = ({ config, fetch, clock }: PostDeps): Mailer => {
  const { ROBNU_MAIL_HOOK: url, ROBNU_MAIL_HOOK_TOKEN: token, ROBNU_MAIL_OUTBOX: folder } = config
  if (url !== undefined) {
    return createMailHook({ url, fetch, ...(token === undefined ? {} : { token }) })
  }
  if (folder === undefined) return noMailer
  return createOutbox({ folder, from: 'Robnu <no-reply@robnu.invalid>', now: clock })
}

export const signInServices = ({ db, config, hasher, tokens, post, log, clock }: {
  readonly db: Database
  readonly config: Config
  readonly hasher: PasswordHasher
  readonly tokens: Tokens
  readonly post: Post
  readonly log: Log
  readonly clock: () => Date
}): Auth =>
  createAuth({
    ...{ db, hasher, tokens, post, log },
    secrets: secretsOf(config),
    lanes: createLanes({ db, key: deriveKey(config.ROBNU_SECRET, 'sign-in-lanes'), now: clock }),
    appUrl: config.ROBNU_APP_URL,
    now: clock,
    newId: () => newId(),
  })
