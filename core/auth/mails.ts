/** The mails of this folder. Plain sentences, and nothing that only the person's browser should see. */
import type { Mail } from '../mail/mail.ts'

/** `appUrl`: where the seller's people work; without one they get the token itself. */
export const resetMail = (
  { to, token, appUrl }: {
    readonly to: string
    readonly token: string
    readonly appUrl?: string | undefined
  },
): Mail => ({
  to,
  subject: 'Choose a new password',
  text: [
    'Somebody, you we hope, has asked for a new password for this address.',
    '',
    // behind the #: browsers send that part to no server
    appUrl === undefined
      ? `The token for POST /v1/auth/password/reset: ${token}`
      : `Choose it here: ${appUrl}/reset-password#token=${token}`,
    '',
    'It is good for an hour, and once. If it was not you, do nothing: the old password stays.',
  ].join('\n'),
})

const notices = {
  'password-changed': 'Your password was changed, and all other sessions have ended.',
  'password-reset': 'Your password was changed by a link, and all sessions have ended.',
  'mfa-on': 'Signing in takes a code of your authenticator app from now on.',
  'mfa-off': 'Signing in takes no code of an authenticator app any more.',
} as const

/** Tells a person what was done to their account, so that somebody else cannot do it in silence. */
export const noticeMail = (to: string, what: keyof typeof notices): Mail => ({
  to,
  subject: 'Your sign-in has changed',
  text: [
    notices[what],
    '',
    'If it was not you, choose a new password now, and write to support.',
  ].join('\n'),
})
