/** What is put where something else is expected. All texts carry the canary, which must not come back. */
import fc from 'fast-check'

/** In every text that is sent; no text of ours holds it. */
export const canary = 'zqfuzzqz'

/** Texts that ended somebody's statement, page, path, log line or number. */
const payloads = [
  "'",
  "''",
  "' or 1=1--",
  "'; drop table orders; --",
  '1); delete from sellers; --',
  "' union select password_hash from identities --",
  "\\'; select pg_sleep(10) --",
  '" or ""="',
  '$1',
  '$slonik_1',
  '%',
  '_',
  '\\',
  '%s%n',
  '${jndi:ldap://x}',
  '{{7*7}}',
  '<script>alert(1)</script>',
  '"><img src=x>',
  '../../../../etc/passwd',
  '..\\..\\',
  '\r\nset-cookie: a=b',
  '\u001b[31m',
  '\u0000',
  '\ud800',
  '\u202e\u2066',
  '\ufeff',
  '𝕏'.repeat(50),
  'ﬁ①',
  'x'.repeat(5_000),
  '__proto__',
  'constructor',
  'toString',
  'null',
  'undefined',
  'NaN',
  'Infinity',
  '-0',
  '1e309',
  '0x10',
  '9'.repeat(40),
  '-1',
  '1.5',
  '[]',
  '{}',
  '(1,2)',
  '{1,2}',
  '2026-02-30',
  '0000-00-00',
  '-271821-04-20T00:00:00.000Z',
  '+275760-09-13T00:00:00.001Z',
  '9999-12-31T23:59:60Z',
  'infinity',
  'today',
  "'epoch'",
  '8f1c2a64-7d0e-8a3b-9c55-1e2f3a4b5c6',
  '{8f1c2a64-7d0e-8a3b-9c55-1e2f3a4b5c6d}',
  '8f1c2a647d0e8a3b9c551e2f3a4b5c6d',
  'urn:uuid:8f1c2a64-7d0e-8a3b-9c55-1e2f3a4b5c6d',
] as const

/** Texts; some of them nothing but the payload, which a check of forms may see otherwise. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...payloads),
  fc.constantFrom(...payloads).map((payload) => `${canary}${payload}`),
  fc.string({ unit: 'binary', maxLength: 40 }).map((text) => canary + text),
  fc.constant(''),
)

/** Any JSON that is something else than what was asked for. */
export const hostileJson: fc.Arbitrary<unknown> = fc.oneof(
  hostileText,
  fc.constantFrom<unknown>(null, true, false, 0, -1, 1.5, 1e308, -1e-7, 2 ** 53, 2 ** 31, 2 ** 63),
  fc.constantFrom<unknown>([], {}, [[]], [null], { a: canary }, [canary, canary]),
  fc.jsonValue({ maxDepth: 3 }),
  fc.nat({ max: 40 }).map((depth) => nested(depth)),
)

const nested = (depth: number): unknown => depth === 0 ? canary : { [canary]: nested(depth - 1) }

/** A text that a sound request may hold. */
export const soundText: fc.Arbitrary<string> = fc.nat({ max: 999 }).map((n) => `${canary}${n}`)
