/** Canonical text, digests, and what a check of a chain finds; no database. */
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AuditHead, AuditRow } from '../../core/audit/chain.ts'
import { canonicalJson, digestOf } from '../../core/audit/record.ts'
import { verifyChain } from '../../core/audit/verify.ts'

/** Hashed here anew, so that the two cannot be wrong together. */
const field = (value: string | null): Buffer => {
  if (value === null) return Buffer.from([255, 255, 255, 255])
  const length = Buffer.alloc(4)
  length.writeInt32BE(Buffer.byteLength(value))
  return Buffer.concat([length, Buffer.from(value)])
}
const hashed = (row: Omit<AuditRow, 'hash'>): AuditRow => {
  const { sellerId, seq, at, actorKind, action, target, data } = row
  const { actorUserId, actorSuperAdminId, impersonationSessionId, apiKeyId, jobRunId } = row
  const fields = [sellerId, String(seq), at, actorKind, actorUserId, actorSuperAdminId]
    .concat([impersonationSessionId, apiKeyId, jobRunId, action, target, data])
  const hash = createHash('sha256').update(row.prevHash)
  for (const one of fields) hash.update(field(one))
  return { ...row, hash: new Uint8Array(hash.digest()) }
}
const chainOf = (count: number): AuditRow[] => {
  const rows: AuditRow[] = []
  for (let seq = 1; seq <= count; seq++) {
    rows.push(hashed({
      sellerId: 's',
      seq,
      at: `2026-01-01T00:00:00.${String(seq).padStart(6, '0')}Z`,
      actorKind: seq % 2 ? 'user' : 'run',
      actorUserId: seq % 2 ? 'u' : null,
      actorSuperAdminId: null,
      impersonationSessionId: null,
      apiKeyId: null,
      jobRunId: seq % 2 ? null : 'r',
      action: 'page.stored',
      target: `नाम ${seq}`,
      data: `{"n":${seq}}`,
      prevHash: rows.at(-1)?.hash ?? new Uint8Array(),
    }))
  }
  return rows
}
const headOf = (rows: readonly AuditRow[]): AuditHead | null => {
  const last = rows.at(-1)
  return last ? { seq: last.seq, hash: last.hash } : null
}

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

  const attacks: Record<string, (rows: AuditRow[]) => [number, string]> = {
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
      return [6, 'unlinked']
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
      return [8, 'missing']
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
      return [10, 'head-differs']
    },
  }
  for (const [name, attack] of Object.entries(attacks)) {
    it(`finds ${name}`, async () => {
      const rows = chainOf(10)
      const head = headOf(rows)
      const [seq, reason] = attack(rows)
      expect(await verifyChain(rows, head)).toEqual({ ok: false, seq, reason })
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

  it('checks 20,000 events in two seconds', async () => {
    const rows = chainOf(20_000)
    const start = performance.now()
    expect((await verifyChain(rows, headOf(rows))).ok).toBe(true)
    // a fifth of what is asked of it: the machine may be busy
    expect(performance.now() - start).toBeLessThan(2_000)
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
