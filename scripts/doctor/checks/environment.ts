/** The environment: variables that are wrong, unknown, or too easy to guess. */
import { type Check, check, fault, leftOut, listed, ok, warning } from '../check.ts'

export interface Variables {
  /** As a start would tell them. */
  readonly faults: readonly string[]
  /** `ROBNU_SECRETT: did you mean ROBNU_SECRET?` */
  readonly unknown: readonly string[]
  /** Files of secrets that others may read, by the variable that names them. */
  readonly readableFiles: readonly string[]
  /** Variables that hold an example, or what is guessed at once. */
  readonly guessable: readonly string[]
  /** Pairs of variables that hold the same secret. */
  readonly shared: readonly string[]
  /** Why the keys cannot be used; undefined: they can; null: `npm start` makes its own. */
  readonly tokenKeys: string | null | undefined
  readonly auditKeys: string | null | undefined
  readonly areKeysShared: boolean
  readonly isSecretMissing: boolean
  readonly hasApi: boolean
  readonly appUrl: string | undefined
  readonly origin: string | undefined
  readonly isOpenToAll: boolean
  readonly proxies: number
}

const plain = (url: string | undefined): boolean =>
  url !== undefined && /^http:\/\/(?!localhost|127\.|\[::1\])/.test(url)
const none = (all: readonly string[], found: (told: string) => ReturnType<typeof fault>) =>
  all.length === 0 ? ok() : found(listed(all))

const usable = (why: string | null | undefined) => {
  if (why === null) return leftOut('`npm start` makes its own')
  return why === undefined ? ok() : fault(why)
}

export const environmentChecks: readonly Check[] = [
  check('variables', 'environment', [
    'variables-refused',
    'Every variable can be read',
    'A start tells all of these at once and ends before it opens anything.',
    'Correct the named variables; the README lists their forms and defaults.',
  ], ({ faults }) => faults.length === 0 ? ok() : fault(faults.join('; '))),
  check('variables', 'environment', [
    'variable-unknown',
    'No variable is misspelt',
    'A name that nobody reads changes nothing, and the default stands in silence.',
    'Correct the name, or take the variable out.',
  ], ({ unknown }) => none(unknown, warning)),
  check(
    'variables',
    'environment',
    [
      'secret-guessable',
      'No secret is an example',
      'An example of a documentation is the first thing that is tried.',
      'Make one: `openssl rand -base64 48`. For ROBNU_SECRET, keep the old text in ROBNU_PEPPERS.',
    ],
    ({ guessable, isSecretMissing }) =>
      isSecretMissing ? leftOut('ROBNU_SECRET is not set') : none(guessable, fault),
  ),
  check('variables', 'environment', [
    'secret-shared',
    'Each secret is for one thing',
    'Whoever learns a secret in one place can use it in another.',
    'Give each variable a secret of its own.',
  ], ({ shared }) => none(shared, fault)),
  check('variables', 'environment', [
    'secret-file-readable',
    'Nobody else may read the files of secrets',
    'Every user of the machine can read what `<NAME>_FILE` points to.',
    'Run `chmod 600` on the file, and give it to the user of the service.',
  ], ({ readableFiles }) => none(readableFiles, warning)),
  check('variables', 'environment', [
    'token-keys-unusable',
    'Access tokens can be signed',
    'The API does not start without an Ed25519 key that has its private part, in front.',
    'Put a JWK set of Ed25519 keys into ROBNU_JWT_KEYS, the one that signs first.',
  ], ({ tokenKeys }) => usable(tokenKeys)),
  check('variables', 'environment', [
    'audit-keys-unusable',
    'Digests of the audit trail can be signed',
    'Sweeps do not start without a key that signs; without old ones, old digests fail to verify.',
    'Put a JWK set of Ed25519 keys into ROBNU_AUDIT_KEYS, the one that signs first.',
  ], ({ auditKeys }) => usable(auditKeys)),
  check('variables', 'environment', [
    'keys-of-both-shared',
    'Tokens and digests have keys of their own',
    'Who can sign in the name of one can sign in the name of the other.',
    'Make a second key for ROBNU_AUDIT_KEYS, and keep the old one behind it.',
  ], ({ areKeysShared }) => areKeysShared ? warning('one key stands in both sets') : ok()),
  check('variables', 'environment', [
    'app-url-missing',
    'Mails can say where to go',
    'Invitations and new passwords come with a token and no link.',
    'Set ROBNU_APP_URL to the address of the app that people use.',
  ], ({ hasApi, appUrl }) => {
    if (!hasApi) return leftOut('no API runs in this process')
    return appUrl === undefined ? warning('ROBNU_APP_URL is not set') : ok(appUrl)
  }),
  check('variables', 'environment', [
    'address-not-encrypted',
    'People reach it by https',
    'Cookies and passwords go over the network in clear.',
    'Set ROBNU_ORIGIN and ROBNU_APP_URL to addresses that begin with https://.',
  ], ({ origin, appUrl }) => {
    const found = [
      ...plain(origin) ? ['ROBNU_ORIGIN'] : [],
      ...plain(appUrl) ? ['ROBNU_APP_URL'] : [],
    ]
    return none(found, warning)
  }),
  check(
    'variables',
    'environment',
    [
      'proxies-unsaid',
      'It knows who stands in front of it',
      'Behind a proxy that is not counted, all callers look like one and share its rate limit.',
      'Set ROBNU_PROXIES to how many proxies of yours a request passes.',
    ],
    ({ isOpenToAll, proxies }) =>
      isOpenToAll && proxies === 0 ? warning('HOST is open to all, and ROBNU_PROXIES is 0') : ok(),
  ),
]
