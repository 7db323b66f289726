/** Uses whatever is secret, through the API of a running application, and keeps what to look for. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { totpCode } from '#core/auth/totp.ts'
import type { App, House } from '../../scripts/proof/support/house.ts'
import { type Answer, type Client, clientAt } from '../isolation/clients.ts'
import type { Needle } from '../support/needles.ts'
import { refusedText, sendRefused } from './refused-input.ts'

/** What to look for, by what it is; nothing that the application writes may hold one. */
export type Secrets = Map<string, Needle>
export interface Used {
  readonly secrets: Secrets
  /** Every answer that was no success. */
  readonly refusals: readonly Answer[]
}

/** Mails are read from the outbox of the house's home. */
export const useSecrets = async (house: House, app: App, home: string): Promise<Used> => {
  const secrets: Secrets = new Map([['text of refused requests', refusedText]])
  const answers: Answer[] = []
  const acts: Acts = {
    keep: (what, secret) => {
      if (typeof secret !== 'string' || secret.length < 6) throw new Error(`There is no ${what}`)
      secrets.set(what, secret)
      return secret
    },
    keepBytes: (name, bytes) => void secrets.set(name, { name, bytes }),
    mailTo: (to) => mailTo(join(home, 'outbox'), to),
    clientOf: (headers = {}) => {
      const client = clientAt(app.url, headers)
      return {
        jar: client.jar,
        ask: async (...asked) => {
          const answer = await client.ask(...asked)
          answers.push(answer)
          return answer
        },
      }
    },
  }
  const owner = await signUp(acts)
  await usePasswords(acts, owner)
  await useKeys(acts, owner, house)
  await inviteSomebody(acts, owner)
  await useSecondFactor(acts, owner)
  await sendRefused([owner.client.ask, acts.clientOf().ask])
  return { secrets, refusals: answers.filter(({ status }) => status >= 400) }
}

interface Acts {
  readonly keep: (what: string, secret: unknown) => string
  readonly keepBytes: (what: string, bytes: Uint8Array) => void
  readonly clientOf: (headers?: Readonly<Record<string, string>>) => Client
  /** The token in the newest mail to the address; waits for it. */
  readonly mailTo: (to: string) => Promise<string>
}
interface Owner {
  readonly email: string
  readonly client: Client
}

const canary = (what: string): string => `Zqcanary-${what}-9081726354`
const emailOf = (name: string): string => `${name}.zqcanary@example.in`
const [firstPassword, thirdPassword] = [canary('first-password'), canary('third-password')]

const good = async (asked: Promise<Answer>) => {
  const { status, text } = await asked
  if (status >= 400) throw new Error(`${status}: ${text}`)
  return text === '' ? {} : JSON.parse(text)
}
const refused = async (asked: Promise<Answer>): Promise<void> => {
  const { status } = await asked
  if (status < 400 || status >= 500) throw new Error(`The answer is ${status} and no refusal`)
}
const keepCookies = ({ keep }: Acts, when: string, { jar }: Client): void => {
  keep(`access token ${when}`, jar.get('__Host-robnu'))
  keep(`refresh token ${when}`, jar.get('__Host-robnu-refresh'))
}

const signUp = async (acts: Acts): Promise<Owner> => {
  const { keep, clientOf, mailTo } = acts
  const [email, client] = [emailOf('owner'), clientOf()]
  const password = keep('password of the sign-up', firstPassword)
  await good(client.ask('POST', '/v1/auth/sign-up', { email, seller_name: 'Quiet stall' }))
  const token = keep('token of the sign-up', await mailTo(email))
  await good(client.ask('POST', '/v1/auth/sign-up/confirm', { token, password }))
  keepCookies(acts, 'after the sign-up', client)
  await refused(client.ask('POST', '/v1/auth/sign-up/confirm', { token, password }))
  return { email, client }
}

/** Wrong and right ones, a change, a lost one; tokens that are refreshed, and used twice. */
const usePasswords = async (acts: Acts, { email, client }: Owner): Promise<void> => {
  const { keep, clientOf, mailTo } = acts
  const login = (password: string) => client.ask('POST', '/v1/auth/login', { email, password })
  await refused(login(keep('wrong password', canary('wrong-password'))))
  await good(login(firstPassword))
  keepCookies(acts, 'after the sign-in', client)
  const cookie = [...client.jar].map((pair) => pair.join('=')).join('; ')
  await good(client.ask('POST', '/v1/auth/refresh'))
  keepCookies(acts, 'after a refresh', client)
  await refused(clientOf({ cookie }).ask('POST', '/v1/auth/refresh'))

  await good(client.ask('POST', '/v1/auth/step-up', { password: firstPassword }))
  const next = keep('changed password', canary('second-password'))
  const change = (current: string, next: string) =>
    client.ask('POST', '/v1/auth/password/change', { current, next })
  await refused(change(keep('wrong current password', canary('other-password')), next))
  await good(change(firstPassword, next))
  await refused(change(next, keep('refused password', 'Zq-tiny')))

  await good(client.ask('POST', '/v1/auth/password/forgot', { email }))
  const token = keep('token of a lost password', await mailTo(email))
  const password = keep('password after a lost one', thirdPassword)
  await good(client.ask('POST', '/v1/auth/password/reset', { token, password }))
  await good(login(thirdPassword))
  await good(client.ask('POST', '/v1/auth/step-up', { password: thirdPassword }))
  keepCookies(acts, 'after a lost password', client)
}

/** API keys, the secret of a hook, credentials of a marketplace. */
const useKeys = async (acts: Acts, { client }: Owner, { shop }: House): Promise<void> => {
  const { keep, clientOf } = acts
  const asked = { name: 'For a program', scopes: ['orders:read'] }
  const made = await good(client.ask('POST', '/v1/api-keys', asked))
  const listWith = (key: string) =>
    clientOf({ authorization: `Bearer ${key}` }).ask('GET', '/v1/orders')
  await good(listWith(keep('API key', made.secret)))
  await refused(listWith(keep('wrong API key', `rk_${'zqcanary'.repeat(6)}`)))
  const rotated = await good(client.ask('POST', `/v1/api-keys/${made.id}/rotate`, {}))
  keep('rotated API key', rotated.secret)

  const hook = { kind: 'hook', url: 'https://hooks.example.in/audit' }
  const anchor = await good(client.ask('POST', '/v1/audit/anchors', hook))
  keep('secret of a hook', anchor.secret)
  await good(client.ask('GET', '/v1/audit/anchors'))
  // the export is lines of JSON
  if ((await client.ask('GET', '/v1/audit/export')).status !== 200) throw new Error('No export')

  const connect = (credentials: object) =>
    client.ask('POST', '/v1/marketplace-accounts', { ...shop, credentials })
  await refused(connect({ api_key: keep('wrong credentials', canary('marketplace-key')) }))
  await refused(connect({ api_key: [keep('malformed credentials', canary('malformed-key'))] }))
  // connected by another seller of the house
  keep('credentials of the marketplace', (shop.credentials as { api_key: string }).api_key)
}

/** An invitation, taken by somebody new. */
const inviteSomebody = async (acts: Acts, { client }: Owner): Promise<void> => {
  const { keep, clientOf, mailTo } = acts
  const email = emailOf('colleague')
  await good(client.ask('POST', '/v1/invitations', { email, role: 'VIEWER' }))
  const token = keep('token of an invitation', await mailTo(email))
  const password = keep('password of the invited', canary('fourth-password'))
  const invited = clientOf()
  await good(invited.ask('POST', '/v1/auth/invitations/accept', { token, password }))
  keepCookies(acts, 'of the invited', invited)
}

/** An authenticator app, and what stands in for a lost one. */
const useSecondFactor = async (acts: Acts, { email, client }: Owner): Promise<void> => {
  const { keep, keepBytes, clientOf } = acts
  const { secret } = await good(client.ask('POST', '/v1/auth/mfa/totp'))
  const bytes = fromBase32(keep('secret of the second factor', secret))
  keepBytes('bytes of the second factor', bytes)
  const confirm = (code: string) => client.ask('POST', '/v1/auth/mfa/totp/confirm', { code })
  await refused(confirm(keep('wrong code', 'zq-wrong-code')))
  const { recovery_codes: codes } = await good(
    confirm(totpCode(bytes, Math.floor(Date.now() / 30_000))),
  )
  for (const [at, code] of codes.entries()) keep(`recovery code ${at}`, code)
  const login = (more: object) =>
    clientOf().ask('POST', '/v1/auth/login', { email, password: thirdPassword, ...more })
  await refused(login({}))
  await refused(login({ recovery_code: keep('wrong recovery code', canary('recovery-code')) }))
  await good(login({ recovery_code: codes[0] }))
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const fromBase32 = (text: string): Uint8Array => {
  const bits = [...text].map((one) => alphabet.indexOf(one).toString(2).padStart(5, '0')).join('')
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2))
}

const mailTo = async (outbox: string, to: string): Promise<string> => {
  for (let left = 200; left > 0; left--) {
    // names begin with the time
    for (const file of readdirSync(outbox).toSorted().reverse()) {
      const path = join(outbox, file)
      const text = readFileSync(path, 'utf8')
      if (!text.includes(`To: ${to}`)) continue
      const token = /(?:token=|: )([\w-]{30,})\s*$/m.exec(text)?.[1]
      if (token === undefined || taken.has(token)) break
      if ((statSync(path).mode & 0o777) !== 0o600) throw new Error('Others may read a mail')
      taken.add(token)
      return token
    }
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error(`No mail has come to ${to}`)
}
const taken = new Set<string>()
