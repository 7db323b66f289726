/** Canonical text, and what a check of a chain finds; no database. */
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AuditRow } from '../../core/audit/chain.ts'
import { canonicalJson, digestOf } from '../../core/audit/record.ts'
import { verifyChain } from '../../core/audit/verify.ts'
import { chainOf, digestsOf, hashed, headOf, knownOf, newSigner, relinked } from './chains.ts'

describe('verifyChain', () => {
  it('accepts what was recorded, also nothing at all', async () => {
    for (const count of [0, 1, 2, 50]) {
      const rows = chainOf(count)
      const head = headOf(rows)
      expect(await verifyChain(rows, head)).toEqual({ ok: true, count, head })
      expect(await verifyChain(rows)).toEqual({ ok: true, count, head })
    }
  })

  const texts = ['sellerId', 'at', 'actorKind', 'action', 'target', 'data'] as const
  const ids = ['actorUserId', 'actorSuperAdminId', 'impersonationSessionId', 'apiKeyId'] as const
  it('names the first event with an edited field, whichever it is', async () => {
    for (const name of [...texts, ...ids, 'jobRunId'] as const) {
      const rows = chainOf(9)
      const row = rows[4]
      if (row) rows[4] = { ...row, [name]: `${row[name]}x` }
      expect(await verifyChain(rows, headOf(rows))).toEqual({ ok: false, seq: 5, reason: 'edited' })
    }
    // text that only moves from one field to the next
    const rows = chainOf(3)
    const row = rows[1]
    if (row) rows[1] = { ...row, action: row.action + row.target, target: '' }
    expect(await verifyChain(rows)).toMatchObject({ ok: false, seq: 2, reason: 'edited' })
  })

  /** What is done, and what has to be named: an event, why, and from where on it may be. */
  const attacks: Record<string, (rows: AuditRow[]) => [number, string, number?]> = {
    'an event that was taken out': (rows) => {
      rows.splice(4, 1)
      return [5, 'missing']
    },
    'an event that was taken out, and the rest counted anew': (rows) => {
      rows.splice(4, 1)
      for (let i = 4; i < rows.length; i++) {
        const row = rows[i]
        if (row) rows[i] = hashed({ ...row, seq: i + 1 })
      }
      return [5, 'unlinked']
    },
    'an event that was rewritten with its own hash': (rows) => {
      const row = rows[4]
      if (row) rows[4] = hashed({ ...row, data: '{}' })
      // the head vouches for what follows it, so it is the one that is not as it was
      return [5, 'replaced', 1]
    },
    'an event that was rewritten with its own hash, and the head is another one': (rows) => {
      const [row, last] = [rows[4], rows[9]]
      if (row && last) {
        rows[4] = hashed({ ...row, data: '{}' })
        rows[9] = hashed({ ...last, data: '{}' })
      }
      // nothing says which of the two that do not fit is the real one
      return [6, 'unlinked']
    },
    'an event that was put in, and the rest counted anew': (rows) => {
      const [before, row] = [rows[3], rows[4]]
      if (!before || !row) throw new Error('unreachable')
      const forged = hashed({ ...row, data: '{}' })
      const rest = rows.splice(4).map((one) => ({ ...one, seq: one.seq + 1 }))
      rows.push(forged, ...rest.slice(0, -1))
      return [5, 'inserted']
    },
    'two events that changed places': (rows) => {
      const [a, b] = [rows[3], rows[5]]
      if (a && b) [rows[3], rows[5]] = [{ ...b, seq: a.seq }, { ...a, seq: b.seq }]
      return [4, 'edited']
    },
    'an event that comes twice': (rows) => {
      const row = rows[4]
      if (row) rows.splice(5, 0, row)
      return [5, 'repeated']
    },
    'an event that was put in': (rows) => {
      const [before, row] = [rows[3], rows[4]]
      if (before && row) rows.splice(4, 0, hashed({ ...row, data: '{}' }))
      // its number is taken: the real one comes second
      return [5, 'repeated']
    },
    'a tail that was cut off': (rows) => {
      rows.splice(7)
      return [8, 'missing', 1]
    },
    'a chain that is gone': (rows) => {
      rows.splice(0)
      return [1, 'missing']
    },
    'a beginning that is gone': (rows) => {
      rows.splice(0, 3)
      return [1, 'missing']
    },
    'an event after the head': (rows) => {
      const last = rows.at(-1)
      if (last) rows.push(hashed({ ...last, seq: last.seq + 1, prevHash: last.hash }))
      return [10 + 1, 'beyond-head']
    },
    'a last event that was rewritten with its own hash': (rows) => {
      const last = rows.pop()
      if (last) rows.push(hashed({ ...last, data: '{}' }))
      return [10, 'head-differs', 1]
    },
    'all that was written anew from an event on': (rows) => {
      const row = rows[4]
      if (row) rows[4] = { ...row, data: '{}' }
      rows.splice(0, rows.length, ...relinked(rows, 4))
      return [10, 'head-differs', 1]
    },
  }
  for (const [name, attack] of Object.entries(attacks)) {
    it(`finds ${name}`, async () => {
      const rows = chainOf(10)
      const head = headOf(rows)
      const [seq, reason, since] = attack(rows)
      expect(await verifyChain(rows, head)).toEqual({ ok: false, seq, reason, since })
    })
  }

  it('finds a head that is gone while events are there', async () => {
    expect(await verifyChain(chainOf(2), null))
      .toEqual({ ok: false, seq: 1, reason: 'beyond-head' })
  })

  it('finds a thousand random edits, each at its event', async () => {
    const rows = chainOf(50)
    const names = [...texts, ...ids, 'jobRunId', 'prevHash', 'hash'] as const
    for (let i = 0; i < 1_000; i++) {
      const at = (i * 7) % rows.length
      const name = names[i % names.length] ?? 'data'
      const row = rows[at]
      if (row === undefined) throw new Error('unreachable')
      const value = row[name]
      const other = value instanceof Uint8Array ? new Uint8Array(value.length + 1) : `${value}${i}`
      const edited = rows.with(at, { ...row, [name]: other })
      expect(await verifyChain(edited, headOf(rows)))
        .toEqual({ ok: false, seq: at + 1, reason: 'edited' })
    }
  })

  it('goes on behind an event that was verified before, and finds that it was changed', async () => {
    const rows = chainOf(10)
    const after = headOf(rows.slice(0, 6))
    if (!after) throw new Error('unreachable')
    const rest = rows.slice(6)
    const head = headOf(rows)
    expect(await verifyChain(rest, head, { after })).toEqual({ ok: true, count: 10, head })
    expect(await verifyChain([], after, { after })).toMatchObject({ ok: true, count: 6 })
    const other = { seq: 6, hash: new Uint8Array(32) }
    expect(await verifyChain(rest, head, { after: other }))
      .toEqual({ ok: false, seq: 7, reason: 'unlinked' })
    expect(await verifyChain([], after, { after: other }))
      .toEqual({ ok: false, seq: 6, reason: 'head-differs' })
    // the chain is shorter than it was, or gone
    expect(await verifyChain([], headOf(rows.slice(0, 4)), { after }))
      .toEqual({ ok: false, seq: 5, reason: 'missing' })
    expect(await verifyChain([], null, { after })).toEqual({ ok: false, seq: 1, reason: 'missing' })
    expect(await verifyChain(rest.slice(1), head, { after }))
      .toEqual({ ok: false, seq: 7, reason: 'missing' })
  })
})

describe('verifyChain with digests that were kept', () => {
  const rows = chainOf(60)
  const digests = knownOf(digestsOf(rows, newSigner(), 10))
  const verified = (changed: readonly AuditRow[]) =>
    verifyChain(changed, headOf(changed), { digests })

  it('accepts what was recorded, and what came since', async () => {
    expect(await verified(rows)).toMatchObject({ ok: true, count: 60 })
    expect(await verified(chainOf(65))).toMatchObject({ ok: true, count: 65 })
    expect(digests).toHaveLength(6)
  })

  it('finds a cut tail and a chain that is gone, though the head says nothing of them', async () => {
    expect(await verified(rows.slice(0, 57)))
      .toEqual({ ok: false, seq: 58, reason: 'missing', since: 51 })
    expect(await verified(rows.slice(0, 50))).toEqual({ ok: false, seq: 51, reason: 'missing' })
    expect(await verified([])).toEqual({ ok: false, seq: 1, reason: 'missing' })
  })

  it('names the one event that was replaced, within the digest that it belongs to', async () => {
    for (let at = 0; at < rows.length; at++) {
      const row = rows[at]
      if (!row) throw new Error('unreachable')
      const changed = rows.with(at, hashed({ ...row, data: '{}' }))
      const report = await verified(changed)
      const since = at - at % 10 + 1
      // the last one of a digest differs from it, and the others from what follows
      const reason = (at + 1) % 10 === 0 ? 'rewritten' : 'replaced'
      expect(report).toEqual({
        ...{ ok: false, seq: at + 1, reason },
        since: since === at + 1 ? undefined : since,
      })
    }
  })

  // an operator who owns the database, the head and even the key cannot take a kept digest back
  it('finds every rewriting of the whole chain, at the digest that it begins in', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 59 }),
        fc.constantFrom('data', 'action', 'target', 'at', 'actorKind'),
        fc.boolean(),
        async (at, name, isShorter) => {
          const row = rows[at]
          if (!row) throw new Error('unreachable')
          const other = rows.with(at, { ...row, [name]: `${row[name]}x` })
          if (isShorter) other.splice(at, 1)
          const counted = other.map((one, i) => ({ ...one, seq: i + 1 }))
          const rewritten = relinked(counted, at)
          expect(await verifyChain(rewritten, headOf(rewritten))).toMatchObject({ ok: true })
          const report = await verified(rewritten)
          expect(report).toMatchObject({ ok: false })
          if (report.ok) return
          expect(report.since ?? report.seq).toBe(at - at % 10 + 1)
          expect(report.seq).toBe(at - at % 10 + 10)
          expect(['rewritten', 'missing']).toContain(report.reason)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('finds it with one digest only, the last or any other', async () => {
    const row = rows[3]
    if (!row) throw new Error('unreachable')
    const rewritten = relinked(rows.with(3, { ...row, data: '{}' }), 3)
    for (const digest of digests) {
      expect(await verifyChain(rewritten, headOf(rewritten), { digests: [digest] }))
        .toEqual({ ok: false, seq: digest.to, reason: 'rewritten', since: 1 })
    }
  })
})

describe('the text of data', () => {
  it('is equal for equal data, however it was put together', () => {
    expect(canonicalJson({ b: 1, a: { d: [2, { z: 1, y: 2 }], c: null } }))
      .toBe('{"a":{"c":null,"d":[2,{"y":2,"z":1}]},"b":1}')
    expect(canonicalJson({ at: new Date(0), n: 2n ** 60n, gone: undefined, nan: NaN }))
      .toBe('{"at":"1970-01-01T00:00:00.000Z","n":"1152921504606846976","nan":null}')
    fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (data) => {
      const backwards = Object.fromEntries(Object.entries(data).toReversed())
      expect(canonicalJson(backwards)).toBe(canonicalJson(data))
      expect(JSON.parse(canonicalJson(data))).toEqual(JSON.parse(JSON.stringify(data)))
    }))
  })

  it('stands for ids by a digest that does not know their order', () => {
    const digest = createHash('sha256').update('a\nb\nc').digest('hex')
    expect(digestOf(['c', 'a', 'b'])).toBe(digest)
    expect(digestOf(['a', 'b'])).not.toBe(digest)
    expect(digestOf([])).toHaveLength(64)
  })
})
