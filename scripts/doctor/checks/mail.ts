/** Mails: whether whoever forgets a password gets one. */
import { type Check, check, fault, leftOut, ok, warning } from '../check.ts'

export interface Mail {
  readonly hook: string | undefined
  /** Why nothing answers there; undefined: something does. */
  readonly why: string | undefined
  readonly hasToken: boolean
  /** Of its certificate; undefined: it has none, or was not reached. */
  readonly certificateDays: number | undefined
  readonly outbox: string | undefined
  readonly outboxFault: string | undefined
}

export const mailChecks: readonly Check[] = [
  check('mail', 'mail', [
    'no-sender',
    'Mails are sent',
    'Whoever forgets a password stays out, and nobody can be invited.',
    'Set ROBNU_MAIL_HOOK to an address that sends what it is posted.',
  ], ({ hook, outbox }) => {
    if (hook !== undefined) return ok(`by ${hook}`)
    return outbox === undefined
      ? warning('neither ROBNU_MAIL_HOOK nor ROBNU_MAIL_OUTBOX is set')
      : warning('they are written to a folder, and sent to nobody')
  }),
  check('mail', 'mail', [
    'mail-hook-unreachable',
    'The mail hook answers',
    'Every mail is tried again for a while, and then dropped. No mail was sent to find this out.',
    'Start what listens there, or correct ROBNU_MAIL_HOOK.',
  ], ({ hook, why }) => {
    if (hook === undefined) return leftOut('ROBNU_MAIL_HOOK is not set')
    return why === undefined ? ok() : fault(why)
  }),
  check('mail', 'mail', [
    'mail-hook-open',
    'The mail hook asks who posts',
    'Whoever reaches it can send mails in your name.',
    'Set ROBNU_MAIL_HOOK_TOKEN, and have the hook refuse requests without it.',
  ], ({ hook, hasToken }) => {
    if (hook === undefined) return leftOut('ROBNU_MAIL_HOOK is not set')
    return hasToken ? ok() : warning('ROBNU_MAIL_HOOK_TOKEN is not set')
  }),
  check('mail', 'mail', [
    'mail-hook-certificate',
    'The certificate of the mail hook is good for weeks',
    'From the day on which it is over, no mail leaves.',
    'Renew the certificate of the hook.',
  ], ({ certificateDays: days }) => {
    if (days === undefined) return leftOut('there is none to be seen')
    if (days <= 0) return fault('it is over')
    return days < 14 ? warning(`it is over in ${Math.floor(days)} days`) : ok()
  }),
  check('mail', 'mail', [
    'mail-outbox-closed',
    'The folder for mails can be written to',
    'Mails that are to be written there are dropped.',
    'Make the folder of ROBNU_MAIL_OUTBOX, and give it to the user of the service.',
  ], ({ outbox, outboxFault }) => {
    if (outbox === undefined) return leftOut('ROBNU_MAIL_OUTBOX is not set')
    return outboxFault === undefined ? ok() : fault(outboxFault)
  }),
]
