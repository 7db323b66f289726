/** The mails of this folder. Plain sentences; what strangers may choose stands in none but a name. */

interface Letter {
  readonly to: string
  readonly subject: string
  readonly text: string
}
/** Hands a mail over, behind the answer that it belongs to. */
export type SendLater = (mail: Letter) => void

/** `appUrl`: where the seller's people work; without one they get the token itself. */
interface Link {
  readonly token: string
  readonly appUrl?: string | undefined
}

// behind the #: browsers send that part to no server
const wayOf = ({ token, appUrl }: Link, path: string, route: string): string =>
  appUrl === undefined ? `The token for POST ${route}: ${token}` : `${appUrl}${path}#token=${token}`

/** The name of the seller does not stand in it: anybody may ask for it to be sent to anybody. */
export const signUpMail = ({ to, ...link }: Link & { readonly to: string }): Letter => ({
  to,
  subject: 'Confirm your address',
  text: [
    'Somebody, you we hope, wants to use Robnu with this address. Confirm it here:',
    '',
    wayOf(link, '/sign-up', '/v1/auth/sign-up/confirm'),
    '',
    'It is good for a day, and once. If it was not you, do nothing: nothing is made.',
  ].join('\n'),
})

export const invitationMail = ({ to, sellerName, role, ...link }: Link & {
  readonly to: string
  readonly sellerName: string
  readonly role: string
}): Letter => ({
  to,
  subject: 'You are invited to work with a seller',
  text: [
    `The seller "${sellerName}" invites you to its account at Robnu, as ${role}. Accept it here:`,
    '',
    wayOf(link, '/join', '/v1/auth/invitations/accept'),
    '',
    'It is good for a week, once, and for this address alone. If you do not know the seller, do',
    'nothing.',
  ].join('\n'),
})
