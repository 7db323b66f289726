/** A mail, and whoever can send one. */

export interface Mail {
  readonly to: string
  readonly subject: string
  /** Plain text. It may hold a token: it is never logged. */
  readonly text: string
}
export interface Mailer {
  /** Resolves when the mail is in other hands; rejects without a word of the mail. */
  readonly send: (mail: Mail & { readonly id: string }) => Promise<void>
}

/** Throws for an address or a subject that would end a header line and begin another one. */
export const checkMail = ({ to, subject }: Mail): void => {
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(to + subject)) {
    throw new Error('Cannot send a mail: its address or subject holds control characters')
  }
}
