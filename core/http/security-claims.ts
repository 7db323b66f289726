/** What is true of this server, sentence by sentence, each with the tests that would break first. */

export interface Claim {
  readonly says: string
  /** Files of the repository, which the page shows. */
  readonly proofs: readonly string[]
}
export interface Chapter {
  readonly title: string
  readonly claims: readonly Claim[]
}

export const chapters: readonly Chapter[] = [
  {
    title: 'One seller never sees another',
    claims: [
      {
        says:
          'Row security of PostgreSQL is forced on every table of sellers, for every login; a ' +
          'statement outside a seller’s scope is an error, never an empty or a full answer.',
        proofs: ['tests/isolation/scope.test.ts', 'tests/isolation/catalog.test.ts'],
      },
      {
        says: 'The login that serves requests owns nothing and is a member of no role that could ' +
          'see all sellers, by whatever way roles lead to roles.',
        proofs: ['tests/isolation/roles.test.ts', 'tests/isolation/other-roles.test.ts'],
      },
      {
        says:
          'Keys, unique keys and references between tables all begin with the seller, so that ' +
          'a taken name or a missing row tells nothing about anybody else.',
        proofs: ['tests/isolation/catalog.test.ts', 'tests/isolation/forging.test.ts'],
      },
      {
        says: 'Another seller’s id is answered, byte for byte, as an id that nobody has, on ' +
          'every route of the API.',
        proofs: ['tests/isolation/routes.test.ts'],
      },
      {
        says: 'A connection that is lost or handed on carries no scope to whoever uses it next.',
        proofs: ['tests/isolation/pool.test.ts', 'tests/isolation/lost-connections.test.ts'],
      },
    ],
  },
  {
    title: 'Buyers’ data is sealed',
    claims: [
      {
        says: 'Names, phone numbers, addresses and e-mail addresses of buyers are encrypted with ' +
          'AES-256-GCM under a key of the seller, and bound to their seller, table, column and row: ' +
          'moved elsewhere they do not open.',
        proofs: ['tests/crypto/seal.test.ts', 'tests/crypto/seals.test.ts'],
      },
      {
        says: 'The sellers’ keys are wrapped by a key service, kept in memory for minutes, and ' +
          'wiped after that.',
        proofs: ['tests/crypto/keyring.test.ts', 'tests/crypto/key-cache.test.ts'],
      },
      {
        says: 'Lists open no sealed field; who may not see buyers sees them masked.',
        proofs: ['tests/rbac/mask.test.ts', 'tests/ledger/read-orders.test.ts'],
      },
      {
        says:
          'A buyer is found by phone number or e-mail address without any field being opened: ' +
          'by a keyed index that has nothing in common between two sellers, for those who see buyers.',
        proofs: [
          'tests/crypto/blind-index.test.ts',
          'tests/ledger/search/search.test.ts',
          'tests/http/search.test.ts',
        ],
      },
      {
        says:
          'Every sealed field that is opened stands in a ledger that its seller reads: by whom, ' +
          'when, why, and how many, also where the work came to nothing.',
        proofs: ['tests/crypto/opening.test.ts', 'tests/audit/openings.test.ts'],
      },
      {
        says:
          'An OWNER takes everything along: each table of the seller in files, and by name what ' +
          'is left out.',
        proofs: ['tests/ledger/tenant-export.test.ts'],
      },
      {
        says: 'No buyer’s data and no credential is on the disk in clear: not in tables, logs, ' +
          'queues, or the files of the database.',
        proofs: ['tests/start/disk.test.ts'],
      },
    ],
  },
  {
    title: 'Who is there',
    claims: [
      {
        says: 'Passwords are kept as Argon2id hashes, checked against the most common ones, and ' +
          'hashed anew when the parameters rise.',
        proofs: ['tests/auth/passwords.test.ts', 'tests/auth/password-rules.test.ts'],
      },
      {
        says:
          'Whoever guesses is slowed down by source, by account and in all, over all servers; ' +
          'the person themselves comes in from a device that they have used.',
        proofs: ['tests/auth/throttle.test.ts', 'tests/auth/lanes.test.ts'],
      },
      {
        says: 'Signing in, signing up, resetting a password and inviting tell nobody whether an ' +
          'address is known.',
        proofs: [
          'tests/auth/sign-in.test.ts',
          'tests/tenancy/sign-up.test.ts',
          'tests/tenancy/invitations.test.ts',
        ],
      },
      {
        says:
          'Access tokens live 15 minutes, in a cookie that scripts cannot read and other hosts ' +
          'cannot set; a forged token is refused whatever it says of itself.',
        proofs: ['tests/auth/tokens.test.ts', 'tests/http/session.test.ts'],
      },
      {
        says: 'A session is refreshed with a token that is good once: an old one that comes back ' +
          'ends the session. It is over after 30 days without use, and after 90 in any case.',
        proofs: ['tests/auth/refresh.test.ts', 'tests/http/refresh-races.test.ts'],
      },
      {
        says:
          'The database confirms every request: a session that was ended, a changed role and a ' +
          'suspended seller count from the next statement on, on every server.',
        proofs: ['tests/http/revocation.test.ts', 'tests/http/revocation-races.test.ts'],
      },
      {
        says:
          'What is dangerous asks for a fresh proof of who one is; codes of a second factor are ' +
          'good once.',
        proofs: ['tests/auth/own-factor.test.ts', 'tests/auth/totp.test.ts'],
      },
      {
        says: 'No page of another site can act with a browser’s cookie, whatever it sends.',
        proofs: ['tests/http/cross-site.test.ts', 'tests/http/cross-site-table.ts'],
      },
    ],
  },
  {
    title: 'Who may do what',
    claims: [
      {
        says:
          'A route without a permission stops the start, and every route is asked for by every ' +
          'role, key, member of staff and stranger in the tests.',
        proofs: ['tests/http/guard.test.ts', 'tests/http/matrix.test.ts'],
      },
      {
        says: 'An exception from a role holds from the next request on, ends by the clock, and a ' +
          'denial wins.',
        proofs: ['tests/http/overrides.test.ts'],
      },
      {
        says:
          'API keys belong to the seller, are kept as hashes, open what their scopes name, and ' +
          'end at once when they are revoked.',
        proofs: ['tests/auth/api-keys.test.ts', 'tests/auth/api-key-ends.test.ts'],
      },
      {
        says: 'Invitations are bound to their address, good once, and end by themselves.',
        proofs: ['tests/tenancy/invitations.test.ts', 'tests/tenancy/join.test.ts'],
      },
      {
        says: 'Whoever unmasks a buyer gives a reason, and both are written down.',
        proofs: ['tests/http/reveal.test.ts'],
      },
    ],
  },
  {
    title: 'What staff may do',
    claims: [
      {
        says: 'Staff come into a seller only by a session with a reason, a ticket and an hour at ' +
          'most, which the seller agrees to or is told of, sees while it lasts, and can end.',
        proofs: ['tests/tenancy/impersonation.test.ts'],
      },
      {
        says:
          'A session for reading changes nothing, buyers stay masked, and what only owners may ' +
          'do, staff may not; the database holds them to it, not the process alone.',
        proofs: [
          'tests/tenancy/impersonation-database.test.ts',
          'tests/tenancy/impersonation-trail.test.ts',
        ],
      },
      {
        says: 'Every request of staff inside a seller stands in the seller’s own trail.',
        proofs: ['tests/tenancy/impersonation-trail.test.ts'],
      },
    ],
  },
  {
    title: 'What was done stays known',
    claims: [
      {
        says:
          'Every change says who made it, in the transaction that makes it, on a hash chain of ' +
          'the seller’s own; no login of this server can change or delete what stands there.',
        proofs: ['tests/audit/chain.test.ts', 'tests/audit/append-only.test.ts'],
      },
      {
        says:
          'Digests of the chain are signed every hour and can leave to a place of the seller’s ' +
          'own; an export is verified by one script that needs nothing of ours.',
        proofs: [
          'tests/audit/digests.test.ts',
          'tests/audit/anchors.test.ts',
          'tests/audit/offline.test.ts',
        ],
      },
    ],
  },
  {
    title: 'The edge',
    claims: [
      {
        says: 'A request that is sent twice acts once, even when its first answer was lost.',
        proofs: ['tests/http/once.test.ts', 'tests/http/once-routes.test.ts'],
      },
      {
        says: 'Rate limits are counted for each seller over all servers; one busy seller uses up ' +
          'nothing of another’s.',
        proofs: ['tests/auth/limits.test.ts', 'tests/http/limits.test.ts'],
      },
      {
        says:
          'Bodies are JSON of limited size, depth and time; errors are of one form, and repeat ' +
          'no word of the request.',
        proofs: [
          'tests/http/input.test.ts',
          'tests/http/shapes.test.ts',
          'tests/http/problems.test.ts',
          'tests/http/fuzz.test.ts',
        ],
      },
      {
        says:
          'Every answer tells browsers to keep nothing, run nothing and show it in no frame; no ' +
          'other origin may read it.',
        proofs: ['tests/http/headers.test.ts'],
      },
    ],
  },
]
