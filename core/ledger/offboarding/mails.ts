/** What the OWNERs of a seller are told when it leaves. */

interface Letter {
  readonly subject: string
  readonly text: string
}
/** Of a seller that has asked to leave. */
interface Leaving {
  readonly name: string
  readonly shredsAt: Date
}

const dayOf = (time: Date): string =>
  new Intl.DateTimeFormat('en-IN', {
    ...{ timeZone: 'Asia/Kolkata', dateStyle: 'full', timeStyle: 'short' },
  }).format(time)

const wayBack = 'Until then an OWNER can call it back: DELETE /v1/seller/offboarding.'

export const requestedMail = ({ name, shredsAt }: Leaving): Letter => ({
  subject: 'Your seller account is to be closed for good',
  text: [
    `"${name}" is to leave Robnu: its keys are destroyed on ${dayOf(shredsAt)} (India).`,
    '',
    'Everything goes on as before until then. Afterwards nobody can read the buyers, credentials and',
    'files of this seller any more, we neither; its people and API keys are shut out.',
    `${wayBack} Save the export of all your data before.`,
  ].join('\n'),
})

export const noticeMail = ({ name, shredsAt }: Leaving): Letter => ({
  subject: 'In 48 hours your data is erased',
  text: [
    `The keys of "${name}" are destroyed on ${
      dayOf(shredsAt)
    } (India), and not within 48 hours of this`,
    'mail. All that is sealed under them is erased by that, for good.',
    '',
    wayBack,
  ].join('\n'),
})

export const withdrawnMail = ({ name }: Pick<Leaving, 'name'>): Letter => ({
  subject: 'Your seller account stays',
  text: `The request that "${name}" leaves Robnu was withdrawn. Nothing was erased.`,
})

export const certificateMail = (
  { name, irrevocableAt, file }: {
    readonly name: string
    readonly irrevocableAt: Date
    readonly file: string
  },
): Letter => ({
  subject: 'Certificate: the keys of your seller account are destroyed',
  text: [
    `The keys of "${name}" were destroyed. From ${
      dayOf(irrevocableAt)
    } (India) on no backup brings`,
    'them back either.',
    '',
    'This is the certificate. Keep it as a file; scripts/verify-certificate.mjs of Robnu checks it',
    'without us, by the keys of GET /v1/audit/keys:',
    '',
    file,
  ].join('\n'),
})
