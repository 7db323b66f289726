/** Knocks at the mail hook without a mail, and looks at its certificate. */
import { accessSync, constants } from 'node:fs'
import { connect } from 'node:tls'
import type { Mail } from '../checks/mail.ts'
import type { Ground } from '../ground.ts'
import { settingsOf } from '../settings.ts'

const limitMs = 4_000

export const readMail = async ({ env, fetch, now }: Ground): Promise<Mail> => {
  const { config } = settingsOf(env)
  const { ROBNU_MAIL_HOOK: hook, ROBNU_MAIL_OUTBOX: outbox } = config
  return {
    hook: hook === undefined ? undefined : new URL(hook).host,
    why: hook === undefined ? undefined : await knock(fetch, hook),
    hasToken: Boolean(config.ROBNU_MAIL_HOOK_TOKEN),
    certificateDays: hook?.startsWith('https:') ? await daysOf(new URL(hook), now()) : undefined,
    outbox,
    outboxFault: outbox === undefined ? undefined : folderFault(outbox),
  }
}

/** Any answer says that somebody listens; there is no body that could be taken for a mail. */
const knock = async (fetch: Ground['fetch'], hook: string): Promise<string | undefined> => {
  try {
    const answer = await fetch(hook, {
      method: 'OPTIONS',
      redirect: 'manual',
      signal: AbortSignal.timeout(limitMs),
    })
    await answer.body?.cancel()
    return answer.status >= 500 ? `it answers ${answer.status}` : undefined
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as { readonly code?: unknown }
    return typeof code === 'string' ? `nothing answers: ${code}` : 'nothing answers'
  }
}

/** Read whether it is trusted or not: an expired one is what is looked for. */
const daysOf = ({ hostname, port }: URL, now: Date): Promise<number | undefined> =>
  new Promise((resolve) => {
    const socket = connect({
      host: hostname,
      port: Number(port || 443),
      servername: hostname,
      rejectUnauthorized: false,
    })
    const end = (days: number | undefined) => {
      socket.destroy()
      resolve(days)
    }
    socket.setTimeout(limitMs, () => end(undefined))
    socket.once('error', () => end(undefined))
    socket.once('secureConnect', () => {
      const over = Date.parse(socket.getPeerCertificate().valid_to)
      end(Number.isNaN(over) ? undefined : (over - now.getTime()) / 86_400_000)
    })
  })

const folderFault = (path: string): string | undefined => {
  try {
    accessSync(path, constants.W_OK | constants.X_OK)
    return undefined
  } catch {
    return `"${path}" cannot be written to`
  }
}
