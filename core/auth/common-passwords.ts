/** Passwords that everybody tries first: the list of zxcvbn-ts, made of leaked passwords. */
import { dictionary } from '@zxcvbn-ts/language-common'

let known: ReadonlySet<string> | undefined

/** Lower case, most common first. */
export const commonPasswords = (): ReadonlySet<string> =>
  // made when the first password is chosen: most processes never ask
  known ??= new Set(dictionary['passwords-common'] as readonly string[])
