/** Mails as files in a folder: for those who run Robnu on their own machine. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Mail, Mailer } from './mail.ts'

/** Writes `<time>-<id>.eml`, readable by the owner of the process alone. */
export const createOutbox = (
  { folder, from, now }: {
    readonly folder: string
    readonly from: string
    readonly now: () => Date
  },
): Mailer => ({
  send: async (mail) => {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const at = now()
    // no colons: not every file system takes them
    const name = `${at.toISOString().replaceAll(':', '-')}-${mail.id}.eml`
    await writeFile(join(folder, name), toEml(mail, { from, at }), { flag: 'wx', mode: 0o600 })
  },
})

/** RFC 5322, UTF-8 as it stands. */
const toEml = (
  { id, to, subject, text }: Mail & { readonly id: string },
  { from, at }: { readonly from: string; readonly at: Date },
): string =>
  [
    `From: ${from}`,
    `To: ${to}`,
    `Subject: ${subject}`,
    `Date: ${at.toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${id}@robnu.invalid>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    ...text.split(/\r?\n/),
    '',
  ].join('\r\n')
