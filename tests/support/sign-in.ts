/** What signing in needs, for tests: counts in memory, mails in a list. */
import { type Auth, createAuth } from '../../core/auth/auth.ts'
import { createLanes, type Lane, type Lanes } from '../../core/auth/lanes.ts'
import { createPasswordHasher, type PasswordHasher } from '../../core/auth/passwords.ts'
import { createTokens, type Tokens } from '../../core/auth/tokens.ts'
import { numberSecrets } from '../../core/crypto/numbered.ts'
import type { Database } from '../../core/db/database.ts'
import { newId } from '../../core/ids.ts'
import { type Log, silentLog } from '../../core/log.ts'
import type { Mail } from '../../core/mail/mail.ts'
import { createPost, type Post } from '../../core/mail/post.ts'
import { keyFor } from '../auth/keys.ts'

export const testSecrets = numberSecrets('a secret of a test, 32 characters or more')

export interface MailBox {
  readonly post: Post
  readonly mails: Mail[]
  /** Waits until everything is sent; the token of the newest mail to the address. */
  readonly tokenFor: (email: string) => Promise<string>
}

export const mailBox = (log: Log = silentLog): MailBox => {
  const mails: Mail[] = []
  const mailer = { send: (mail: Mail) => Promise.resolve(void mails.push(mail)) }
  const post = createPost({ mailer, log, sleep: () => Promise.resolve() })
  return {
    post,
    mails,
    tokenFor: async (email) => {
      await post.drain()
      const text = mails.findLast(({ to, text }) => to === email && text.includes('token'))?.text
      const token = /(?:token=|: )([\w-]{40,})/.exec(text ?? '')?.[1]
      if (token === undefined) throw new Error('No mail with a token went to this address')
      return token
    },
  }
}

const millennium = Date.UTC(2000, 0, 1)

/** The contract of lanes in its plainest form: every try is kept as it is. */
export const memoryLanes = (now: () => Date): Lanes => {
  const tries = new Map<string, number[]>()
  const keptAt = (at: number, stepMs: number): number =>
    stepMs === 0 ? at : at - (at - millennium) % stepMs
  const keyOf = ({ name, of }: Lane): string => `${name} ${of}`
  /** Times of tries, the oldest first. */
  const liveOf = (lane: Lane): number[] => {
    const { windowMs, stepMs = 0 } = lane
    const all = tries.get(keyOf(lane)) ?? []
    tries.set(keyOf(lane), all)
    const firstLive = all.findIndex((at) =>
      keptAt(at, stepMs) + stepMs > now().getTime() - windowMs
    )
    all.splice(0, firstLive < 0 ? all.length : firstLive)
    return all
  }
  const waitOf = (lane: Lane): number => {
    const { limit, windowMs, stepMs = 0 } = lane
    const at = liveOf(lane).at(-limit)
    if (at === undefined) return 0
    return keptAt(at, stepMs) + stepMs + windowMs - now().getTime()
  }
  return {
    take: (lanes) => {
      const longest = Math.max(0, ...lanes.map(waitOf))
      if (longest > 0) return Promise.resolve(Math.ceil(longest / 1000))
      for (const lane of lanes) liveOf(lane).push(now().getTime())
      return Promise.resolve(null)
    },
    giveBack: (forget, last) => {
      for (const lane of forget) tries.delete(keyOf(lane))
      for (const lane of last) tries.get(keyOf(lane))?.pop()
      return Promise.resolve()
    },
  }
}

/** Signing in on a real database, with a clock of the test. */
export const openAuth = async (
  db: Database,
  options: {
    readonly now?: () => Date
    readonly hasher?: PasswordHasher
    readonly log?: Log
    readonly mails?: MailBox
    readonly appUrl?: string
  } = {},
): Promise<{ readonly auth: Auth; readonly mails: MailBox; readonly tokens: Tokens }> => {
  const now = options.now ?? (() => new Date())
  const log = options.log ?? silentLog
  const mails = options.mails ?? mailBox(log)
  const tokens = await createTokens({ keys: { keys: [await keyFor('one')] }, now })
  const auth = createAuth({
    db,
    hasher: options.hasher ?? createPasswordHasher({ secrets: testSecrets }),
    tokens,
    secrets: testSecrets,
    lanes: createLanes({ db, key: new Uint8Array(32).fill(9), now }),
    post: mails.post,
    appUrl: options.appUrl,
    log,
    now,
    newId: () => newId(),
  })
  return { auth, mails, tokens }
}

/** Stores passwords as they are: hashing has its own tests. */
export const plainHasher: PasswordHasher = {
  hash: (password) => Promise.resolve(`plain:${password}`),
  verify: (password, stored) => Promise.resolve(stored === `plain:${password}`),
  needsRehash: () => false,
  close: () => Promise.resolve(),
}
