/** Guards of sellers' keys: their places, their age, their count, those who change them, and their end. */
import { type Guard, guardsOf } from './guard.ts'

const races = 'tests/crypto/key-races.test.ts'
const away = 'tests/crypto/kms-away.test.ts'
const roots = 'tests/crypto/roots.test.ts'
const news = 'tests/crypto/key-news.test.ts'
const house = 'tests/crypto/house-news.test.ts'
const proving = 'tests/ledger/offboarding/proving.test.ts'
const shredded = 'tests/ledger/offboarding/shred.test.ts'
const certificate = 'tests/ledger/offboarding/certificate.test.ts'
const requests = 'tests/ledger/offboarding/requests.test.ts'

export const keyGuards: readonly Guard[] = [
  ...guardsOf('core/crypto/key-wrap.ts', ['tests/crypto/key-wrap.test.ts'], [
    ['seller keys: seller in the context', '  seller: sellerId,\n', "  seller: '',\n"],
    ['seller keys: version in the context', 'version: String(version)', "version: '1'"],
    ['seller keys: bound under the root', "'robnu key', sellerId, purpose, version", "'robnu key'"],
  ]),
  ...guardsOf('core/crypto/place.ts', ['tests/crypto/seal.test.ts'], [
    ['seller keys: version in the place', '  place[4] = version\n', '  place[4] = 0\n'],
  ]),
  ...guardsOf('core/crypto/reseal.ts', [races], [
    [
      'seller keys: nothing anew under an old one',
      'if (readVersion(sealed) < below)',
      'if (false)',
    ],
  ]),
  ...guardsOf('core/crypto/key-rows.ts', [races], [
    ['seller keys: uses are locked', '      for update\n    )', '    )'],
    [
      'seller keys: as many uses as are needed',
      ' and uses + ${least}::bigint <= ${limit}::bigint',
      '',
    ],
    ['seller keys: none under a dying root', '    for share\n', ''],
  ]),
  ...guardsOf('core/crypto/destroy-keys.ts', [races], [
    [
      'seller keys: locked before their end',
      'where seller_id = ${sellerId} for update`',
      'where false`',
    ],
  ]),
  ...guardsOf('core/crypto/turn-rows.ts', [races], [
    ['seller keys: locked before a turn', 'order by purpose, version for update`', 'and false`'],
    ['seller keys: a turn sees new ones', 'now.length !== rows.length ||', ''],
  ]),
  ...guardsOf('core/crypto/turn.ts', [races], [
    ['seller keys: zeroed behind a turn', '      plain.fill(0)\n', ''],
  ]),
  ...guardsOf('core/crypto/load.ts', [roots, away], [
    ['seller keys: the newest', 'b.version - a.version', 'a.version - b.version'],
    ['seller keys: the current', " && row.state === 'CURRENT')", ')'],
    ['seller keys: still current while KMS is away', 'return isCurrent && alive', 'return alive'],
    [
      'seller keys: all still there while KMS is away',
      "[...set.seals.keys()].every((version) => alive('seal', version)) &&",
      '',
    ],
    ['seller keys: zeroed when loading fails', 'for (const key of spare) key.fill(0)', ''],
  ]),
  ...guardsOf('core/crypto/roots.ts', [roots, away], [
    ['seller keys: roots are zeroed', 'for (const plain of clear) plain.fill(0)', ''],
  ]),
  ...guardsOf('core/crypto/keyring.ts', [roots, away, 'tests/crypto/database.test.ts'], [
    ['seller keys: one load for all', 'if (running === undefined) {', 'if (running !== null) {'],
    ['seller keys: over while they were loaded', '      if (set) wipe(set)\n', ''],
    ['seller keys: over once KMS refuses', ' && !isKmsAway(error)) cache.retire(sellerId)', ') {}'],
    ['seller keys: seals are counted', '      set.left -= willSeal\n', ''],
  ]),
  ...guardsOf('core/crypto/keys.ts', ['tests/crypto/seals.test.ts'], [
    ['seller keys: no seal that was not announced', ' || left === 0) {', ') {'],
  ]),
  ...guardsOf('core/crypto/key-cache.ts', [away], [
    ['seller keys: five minutes', 'until <= now()', 'until < 0'],
    [
      'seller keys: no older than is allowed',
      'Math.min(now() + ms, cached.put + staleMs)',
      'now() + ms',
    ],
  ]),
  ...guardsOf('core/crypto/archive-keys.ts', [races], [
    ['seller keys: one load of a month', 'loading.get(sellerId) ?? Promise', 'Promise'],
    ['seller keys: months over while loaded', '1\n      cache.forget(', '0\n      cache.forget('],
  ]),
  ...guardsOf('core/crypto/key-news.ts', [news], [
    ['seller keys: word makes forget', 'keyring.forget(sellerId)\n', 'keyring.renew(sellerId)\n'],
    ['seller keys: word is heard once', 'news.filter(({ id }) => !seen.has(id))', '[...news]'],
    [
      'seller keys: word of before the start',
      'const firstLookMinutes = 30',
      'const firstLookMinutes = 0',
    ],
    ['seller keys: word is tried again', '      owed = failed\n', ''],
  ]),
  ...guardsOf('core/boot/key-news.ts', [news], [
    ['seller keys: looked for', 'await news.look()', 'await Promise.resolve()'],
  ]),
  ...guardsOf('core/boot/house.ts', [house], [
    ['seller keys: months are forgotten', 'archiveKeys.forget(sellerId)', ''],
    ['seller keys: a clock set back', '    now: steady,\n', '    now,\n'],
  ]),
  ...guardsOf('core/ledger/keys/walk-rows.ts', ['tests/ledger/keys/walks.test.ts'], [
    ['seller keys: walks of whoever has the lease', 'if (rows !== 1) throw', 'if (rows < 0) throw'],
  ]),
  ...guardsOf('core/ledger/keys/window.ts', ['tests/ledger/keys/places.test.ts'], [
    ['seller keys: compare and swap', ' and mine.id = n.id and ${same}', ' and mine.id = n.id'],
  ]),
  ...guardsOf('core/ledger/offboarding/shred.ts', [proving], [
    ['leaving: the age of keys', 'ageMs - waitedMs', '0'],
    ['leaving: while KMS is away', 'ROBNU_KMS_STALE_MINUTES * 60_000', '0'],
    ['leaving: addresses of uploads', 'addressMs - shutMs', '0'],
    [
      'leaving: files that came late',
      '  if (!await removeAll(deps, entry, signals)) return { inMs: 0 }\n  const [values',
      '  const [values',
    ],
    ['leaving: who was there', '{ keys, processes }', '{ keys, processes: [] }'],
    ['leaving: nothing to try', 'Math.max(1, values.length)', 'values.length'],
    ['leaving: a day for lost keys', 'isLong ? null : undefined', 'null'],
  ]),
  ...guardsOf('core/ledger/offboarding/rows.ts', [proving], [
    ['leaving: step by step', 'if (moved !== 1) throw', 'if (moved < 0) throw'],
    [
      'leaving: the certificate is mailed',
      "      or state = 'SHREDDED' and announced is distinct from 'SHREDDED'\n",
      '',
    ],
  ]),
  ...guardsOf('core/ledger/offboarding/sweep.ts', [requests], [
    ['leaving: mails that have left', 'mails.length > 0 && !sent', 'false'],
  ]),
  ...guardsOf('migrations/0040_leaving.sql', [shredded], [
    [
      'leaving: the clock of the database',
      "least(p_now, v_at + interval '5 minutes')",
      'p_now',
    ],
  ]),
  ...guardsOf('core/ledger/offboarding/certificate.ts', [certificate], [
    [
      'leaving: nothing that opened',
      'if (trials.some(({ opened }) => opened > 0)) return null',
      '',
    ],
  ]),
  ...guardsOf('scripts/verify-certificate.mjs', [certificate], [
    ['leaving: a signature', 'if (!await isSigned(', 'if (null === await isSigned('],
    ['leaving: not too early', "    isWaited ? undefined : 'too-early',\n", ''],
  ]),
]
