/** The script that sellers verify with: it agrees with the house, and says what it cannot know. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { AuditRow } from '../../core/audit/chain.ts'
import { hashOfDigest, type SignedDigest, writeDigest } from '../../core/audit/digest.ts'
import { digestLine } from '../../core/audit/export-lines.ts'
import { toHex } from '../../core/crypto/text.ts'
import { ask } from '../../scripts/proof/support/command.ts'
import {
  loadOffline,
  type OfflineReport,
  type OfflineScript,
  offlineScript,
} from '../../scripts/proof/support/judging.ts'
import { chainOf, digestsOf, exportText, hashed, headOf, newSigner, relinked } from './chains.ts'

let script: OfflineScript
beforeAll(async () => {
  script = await loadOffline()
})

const signer = newSigner()
const keys = { keys: signer.publicKeys }
const rows = chainOf(30)
const digests = digestsOf(rows, signer, 10)
const keptOf = (some: readonly SignedDigest[]) => script.readKept(some.map(digestLine).join('\n'))
const verified = (
  changed: readonly AuditRow[],
  {
    exported = digests,
    kept = digests,
    header = {},
  }: {
    readonly exported?: readonly SignedDigest[]
    readonly kept?: readonly SignedDigest[]
    readonly header?: Parameters<typeof exportText>[2]
  } = {},
): Promise<OfflineReport> =>
  script.verifyExport(exportText(changed, exported, header), { keys, kept: keptOf(kept) })
const firstOf = ({ faults: [first] }: OfflineReport) =>
  first && [first.seq, first.reason, ...first.since === undefined ? [] : [first.since]]

describe('the offline verifier', () => {
  it('accepts what was recorded, and says up to where it is proven', async () => {
    expect(await verified(rows)).toMatchObject({
      ...{ ok: true, events: 30, provenTo: 30, faults: [], notes: [] },
      provenSince: '2026-01-01T02:00:00.000Z',
    })
    const longer = chainOf(33)
    expect(await verified(longer, { kept: digests.slice(0, 2) }))
      .toMatchObject({ ok: true, events: 33, provenTo: 20 })
    expect(await verified([], { exported: [], kept: [] }))
      .toMatchObject({ ok: true, events: 0, provenTo: 0 })
  })

  it('imports nothing and knows nothing of ours', () => {
    const text = readFileSync(offlineScript, 'utf8')
    expect(text).not.toMatch(/^import /m)
    expect([...text.matchAll(/import\('([^']+)'\)/g)].map(([, name]) => name).toSorted())
      .toEqual(['node:fs', 'node:fs', 'node:url', 'node:util'])
    expect(text).not.toMatch(/require\(|https?:\/\//)
  })

  it('hashes as the house does, whatever the fields hold', async () => {
    const field = fc.option(fc.string({ unit: 'grapheme', maxLength: 300 }), { nil: null })
    const text = fc.string({ unit: 'binary', maxLength: 1_000 })
      .filter((value) => value.isWellFormed())
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(field, text), { maxLength: 8 }), async (values) => {
        const changed = chainOf(values.length).map((row, at) => ({
          ...row,
          apiKeyId: values[at]?.[0] ?? null,
          data: values[at]?.[1] ?? '',
        }))
        const chain = relinked(changed, 0)
        const report = await verified(chain, { exported: [], kept: [] })
        expect(report).toMatchObject({ ok: true, events: values.length })
      }),
      { numRuns: 40 },
    )
    // every length around the blocks of SHA-256
    const lengths = Array.from({ length: 200 }, (_, length) => 'x'.repeat(length))
    const chain = relinked(chainOf(200).map((row, at) => ({ ...row, data: lengths[at] ?? '' })), 0)
    expect(await verified(chain, { exported: [], kept: [] })).toMatchObject({ ok: true })
  })

  it('takes an export in pieces, wherever they are cut', async () => {
    const text = exportText(rows, digests)
    for (const size of [1, 7, 1_000, text.length]) {
      const pieces = async function* () {
        for (let at = 0; at < text.length; at += size) {
          yield await Promise.resolve(text.slice(at, at + size))
        }
      }
      expect(await script.verifyExport(pieces(), { keys })).toMatchObject({ ok: true, events: 30 })
    }
  })

  const changedAt = (at: number, change: Partial<AuditRow>): AuditRow => {
    const row = rows[at]
    if (!row) throw new Error('unreachable')
    return { ...row, ...change }
  }

  it('finds whatever is wrong with a line, also what cannot be hashed', async () => {
    const wrong: readonly Record<string, unknown>[] = [
      { data: 5 },
      { action: undefined },
      { target: ['x'] },
      { sellerId: 5 },
      { prevHash: 'zz' },
      { prevHash: 'abc' },
      { prevHash: 7 },
      { hash: '' },
      { hash: undefined },
      { hash: null },
      { at: {}, hash: '' },
      { at: 5, hash: undefined },
      { at: 5, hash: null },
      { at: 5, hash: 'NaN' },
      // what cannot be hashed has no hash that a line could claim
      ...[7, 'abc', 'zz'].flatMap((prevHash) =>
        ['', 'NaN', null, undefined].map((hash) => ({ prevHash, hash }))
      ),
    ]
    const lines = exportText(rows, digests).split('\n')
    for (const change of wrong) {
      const line = JSON.stringify({ ...JSON.parse(lines[7] ?? ''), ...change })
      const report = await script.verifyExport(lines.with(7, line).join('\n'), { keys })
      expect(firstOf(report), line).toEqual([7, 'edited'])
    }
    expect(wrong).toHaveLength(26)
    const foreign = relinked(rows.with(4, changedAt(4, { sellerId: 'other' })), 4)
    expect(firstOf(await verified(foreign, { kept: [], exported: [] }))).toEqual([5, 'foreign'])
  })

  it('holds the chain to its head, where there is no digest yet', async () => {
    const head = headOf(rows)
    const longer = chainOf(31)
    const own = (at: number) => rows.with(at, hashed(changedAt(at, { data: '{}' })))
    const cases: readonly [readonly AuditRow[], typeof head, unknown[]][] = [
      [own(29), head, [30, 'head-differs', 1]],
      [own(11), head, [12, 'replaced', 1]],
      [relinked(own(11), 11), head, [30, 'head-differs', 1]],
      [longer, head, [31, 'beyond-head']],
      [rows, null, [1, 'beyond-head']],
      [rows.slice(0, 25), head, [26, 'missing', 1]],
      [[], head, [1, 'missing']],
    ]
    for (const [changed, said, expected] of cases) {
      const report = await verified(changed, { exported: [], kept: [], header: { head: said } })
      expect(firstOf(report)).toEqual(expected)
    }
  })

  it('needs a kept digest to see a cut tail, a chain that is gone or written anew, and says so', async () => {
    const rewritten = relinked(rows.with(14, changedAt(14, { data: '{}' })), 14)
    const cut = rows.slice(0, 25)
    const forged = digestsOf(rewritten, signer, 10)
    const attacks: readonly [readonly AuditRow[], readonly SignedDigest[], unknown[]][] = [
      [cut, digests.slice(0, 2), [26, 'missing', 21]],
      [[], [], [1, 'missing']],
      // signed anew with the real key: the operator has everything but what was kept
      [rewritten, forged, [20, 'rewritten', 11]],
      [relinked(rewritten.slice(20).map((row, at) => ({ ...row, seq: at + 1 })), 0), [], [
        ...[10, 'rewritten', 1],
      ]],
    ]
    for (const [changed, exported, expected] of attacks) {
      const without = await verified(changed, { exported, kept: [] })
      expect(without.ok).toBe(true)
      expect(without.notes.join()).toContain('cannot be seen without one')
      const report = await verified(changed, { exported })
      expect(report.ok).toBe(false)
      expect(firstOf(report)).toEqual(expected)
      expect(report.notes.join()).not.toContain('cannot be seen without one')
      // one is enough, the last
      const one = await verified(changed, { exported, kept: digests.slice(-1) })
      expect(one.ok).toBe(false)
    }
  })

  it('finds every change of a digest', async () => {
    const [first, second, third] = digests
    if (!first || !second || !third) throw new Error('unreachable')
    const stranger = newSigner()
    const other = digestsOf(chainOf(30, 'other'), signer, 10)
    const swaps: readonly [readonly SignedDigest[], unknown[]][] = [
      [[first, { ...second, body: second.body.replace('"events":10', '"events":11') }, third], [
        ...[11, 'digest-forged'],
      ]],
      [[first, { ...second, signature: first.signature }, third], [11, 'digest-forged']],
      [[first, { ...second, signature: stranger.sign(second.body) }, third], [11, 'digest-forged']],
      [[first, third], [11, 'digest-missing']],
      [[first, third, second], [11, 'digest-missing']],
      [[second, first, third], [1, 'digest-missing']],
      [[first, first, third], [11, 'digest-missing']],
      [[first, second], [21, 'digest-missing']],
      [[...other.slice(0, 1), second, third], [1, 'digest-missing']],
      [[], [1, 'digest-missing']],
    ]
    for (const [exported, expected] of swaps) {
      expect(firstOf(await verified(rows, { exported }))).toEqual(expected)
    }
    // the header counts them, so that a file that was cut short is told without a kept one
    const short = await verified(rows, { exported: [first], kept: [], header: { digests: 3 } })
    expect(firstOf(short)).toEqual([11, 'digest-missing'])
    // one that names another one before it, with a signature that holds
    const body = writeDigest({
      ...JSON.parse(second.body),
      previous: hashOfDigest(third),
    })
    const unlinked = { body, signature: signer.sign(body) }
    expect(firstOf(await verified(rows, { exported: [first, unlinked, third], kept: [] })))
      .toEqual([11, 'digest-unlinked'])
  })

  it('believes a kept digest of this seller alone, signed by a key that was kept', async () => {
    const other = digestsOf(chainOf(30, 'other'), signer, 10)
    expect(firstOf(await verified(rows, { kept: other }))).toEqual([1, 'digest-foreign'])
    expect(await verified(rows, { kept: [...digests, ...other] })).toMatchObject({
      ok: true,
      notes: ['3 of the kept digests are of other sellers.'],
    })
    const stranger = digestsOf(rows, newSigner('two'), 10)
    expect(firstOf(await verified(rows, { kept: stranger }))).toEqual([1, 'digest-forged'])
    // without keys the comparison with what was kept still holds
    const report = await script.verifyExport(exportText(rows, digests), { kept: keptOf(digests) })
    expect(report).toMatchObject({
      ok: true,
      provenTo: 30,
      notes: ['No keys were given: signatures were not checked.'],
    })
  })

  it('says when the export is older than what was kept', async () => {
    const exportedAt = new Date('2026-01-01T01:30:00Z')
    const report = await verified(rows, { exported: digests.slice(0, 2), header: { exportedAt } })
    expect(report).toMatchObject({ ok: true, provenTo: 30 })
    expect(report.notes).toEqual([
      'The export says that it was made at 2026-01-01T01:30:00.000Z, before 1 of the kept ' +
      'digests were signed.',
    ])
  })

  it('gives no verdict on what is no export', async () => {
    const text = exportText(rows, digests)
    const cases: readonly [string, string][] = [
      ['', 'This holds no export'],
      ['{}', 'Line 1 is no line of an export'],
      ['hello', 'Line 1 is no line of an export'],
      [text.slice(0, 2_000), 'is no line of an export'],
      [text.split('\n').slice(1).join('\n'), 'Line 1 is no line of an export'],
      [text.replace('"seq":3,', '"seq":"3",'), 'Line 4 is no line of an export'],
      [text.replace('"seq":3,', '"seq":-3,'), 'Line 4 is no line of an export'],
      [`${text}{"type":"more"}\n`, 'is no line of an export'],
      [`${text}${text}`, 'is no line of an export'],
      [exportText(rows, digests, { filtered: true }), 'The export is filtered'],
    ]
    for (const [input, why] of cases) {
      await expect(script.verifyExport(input, { keys }), input.slice(0, 40)).rejects.toThrow(why)
    }
    await expect(script.verifyExport(text, { keys: { keys: [] } })).rejects.toThrow('no JWK set')
  })

  it('reads digests in every form that they are kept in', () => {
    const line = digestLine(digests[0] ?? fail())
    const bare = JSON.parse(line)
    const shown = { ...bare, seq_from: 1, signature: toHex(digests[0]?.signature ?? fail()) }
    const forms = [
      line,
      `${line}\n${line}\n`,
      JSON.stringify(bare, null, 2),
      JSON.stringify([bare, bare]),
      JSON.stringify({ type: 'audit.digest', timestamp: 'x', data: bare }),
      JSON.stringify({ data: [shown], page: { next: null } }),
    ]
    expect(forms.map((form) => script.readKept(form).length)).toEqual([1, 2, 1, 2, 1, 1])
    for (const wrong of ['hello', '{"body":"x","signature":"y"}', '[5]', `${line}\nhello`]) {
      expect(() => script.readKept(wrong)).toThrow()
    }
  })
})

const fail = (): never => {
  throw new Error('unreachable')
}

describe('the command', () => {
  const folderWith = async (files: Readonly<Record<string, string>>) => {
    const folder = await mkdtemp(join(tmpdir(), 'robnu-verify-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    await mkdir(join(folder, 'kept', 'robnu-audit', 's'), { recursive: true })
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
    return (name: string) => join(folder, name)
  }
  const objects = Object.fromEntries(
    digests.map((digest, at) => [`kept/robnu-audit/s/${(at + 1) * 10}.json`, digestLine(digest)]),
  )

  it('says OK and ends with 0, or names the first bad event and ends with 1', async () => {
    const file = await folderWith({
      ...objects,
      'export.jsonl': exportText(rows, digests),
      'bad.jsonl': exportText(rows.toSpliced(11, 1), digests),
      'keys.json': JSON.stringify(keys),
    })
    const given = ['--keys', file('keys.json'), '--digests', file('kept')]
    const good = await ask(offlineScript, [file('export.jsonl'), ...given])
    expect(good).toEqual({
      code: 0,
      out: 'OK: 30 events of seller s\n3 digests in the export, 3 that you kept\n' +
        'Proven: events 1 to 30, unchanged since 2026-01-01T02:00:00.000Z\n',
      err: '',
    })
    const bad = await ask(offlineScript, [file('bad.jsonl'), ...given, '--json'])
    expect(bad.code).toBe(1)
    const { faults: [fault] } = JSON.parse(bad.out)
    expect(fault).toEqual({
      ...{ seq: 12, reason: 'missing' },
      say: 'there is no such event, though a later one, the head or a digest says so',
    })
    const plain = await ask(offlineScript, [file('bad.jsonl')])
    expect(plain.out).toMatch(/^NOT AS RECORDED: event 12: missing: /)
    expect(plain.out).toMatch(/Note: No kept digest was given: a tail that was cut off/)
    expect(plain.out).toMatch(/Note: No keys were given/)
  })

  it('ends with 2 when there is no verdict', async () => {
    const file = await folderWith({ 'export.jsonl': exportText(rows, digests), 'x.json': '{}' })
    const cases: readonly string[][] = [
      [],
      [file('missing.jsonl')],
      [file('x.json')],
      [file('export.jsonl'), file('export.jsonl')],
      [file('export.jsonl'), '--digests', file('kept')],
      [file('export.jsonl'), '--keys', file('x.json')],
      [file('export.jsonl'), '--surprise'],
    ]
    for (const args of cases) {
      const { code, out, err } = await ask(offlineScript, args)
      expect([code, out], args.join(' ')).toEqual([2, ''])
      expect(err).toMatch(/^Cannot verify: /)
    }
    const asJson = await ask(offlineScript, [file('x.json'), '--json'])
    expect([asJson.code, JSON.parse(asJson.out).ok]).toEqual([2, false])
    const help = await ask(offlineScript, ['--help'])
    expect([help.code, help.out.startsWith('Verifies')]).toEqual([0, true])
  })
})

it('a property: whoever rewrites a chain as a whole is caught by any one digest that has left', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 29 }),
      fc.integer({ min: 0, max: 2 }),
      fc.boolean(),
      async (at, which, hasKey) => {
        const row = rows[at] ?? fail()
        const rewritten = relinked(rows.with(at, { ...row, data: '{"forged":1}' }), at)
        // with the real key, or with one of their own
        const by = hasKey ? signer : newSigner('theirs')
        const exported = digestsOf(rewritten, by, 10)
        const kept = digests[which] ?? fail()
        const report = await script.verifyExport(exportText(rewritten, exported), {
          keys: hasKey ? keys : { keys: [...by.publicKeys, ...signer.publicKeys] },
          kept: keptOf([kept]),
        })
        // what came before the rewriting is what it was
        expect(report.ok).toBe(at >= (which + 1) * 10 && hasKey)
      },
    ),
    { numRuns: 40 },
  )
  expect(hashed(rows[0] ?? fail())).toEqual(rows[0])
  expect(headOf(rows)?.seq).toBe(30)
})
