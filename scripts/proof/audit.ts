/**
 * The audit trail holds: many writers make one chain, whoever changes it behind its back is found by
 * both verifiers and the first bad event is named, and neither verifier is slow.
 */
import { randomInt } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { readChain, readHead } from '#core/audit/chain.ts'
import type { SignedDigest } from '#core/audit/digest.ts'
import { digestLine } from '#core/audit/export-lines.ts'
import { recordPluginAudit } from '#core/audit/record.ts'
import { verifyChain } from '#core/audit/verify.ts'
import type { Signer } from '#core/crypto/signing.ts'
import type { Database, Tx } from '#core/db/database.ts'
import { openDatabase } from '#core/db/scope.ts'
import { randomFor } from '#core/testing/sandbox/random.ts'
import { openLab } from '../bench/lab.ts'
import type { Proof } from '../proof.ts'
import { ask } from './support/command.ts'
import { makeAuditSeller, newSigner, signEvery } from './support/audit-seller.ts'
import {
  type Evidence,
  exportOf,
  judge,
  loadOffline,
  offlineScript,
  readEvidence,
} from './support/judging.ts'
import { tamper, type Tampering, tamperingKinds } from './support/tampering.ts'

const writers = 8
const eventsEach = 1_000
const tamperings = 1_000
/** Of the tamperings, how many are shown to the command as well. */
const commandRuns = 16
const digestEvery = 40
const chainEvents = 240
const speedEvents = 50_000
const leastPerSecond = 50_000
const say = (line: string): void => void process.stdout.write(`  ${line}\n`)

/** `ROBNU_SEED=…` repeats a run. */
export const run = async (): Promise<Proof> => {
  const seed = Number(process.env['ROBNU_SEED'] ?? randomInt(2 ** 31))
  say(`seed ${seed}`)
  const lab = await openLab()
  try {
    const { superuserUrl } = await lab.database('audit')
    const db = await openDatabase({ url: superuserUrl, platformUrl: superuserUrl })
    try {
      const chain = await manyWriters(db)
      const found = await manyTamperings(db, randomFor(seed, 'audit').next)
      const speed = await measure(db)
      return { name: 'audit', figures: { seed, ...chain, ...found, ...speed } }
    } finally {
      await db.close()
    }
  } finally {
    await lab.close()
  }
}

/** No number is missing, none stands there twice, and every writer's events keep their order. */
const manyWriters = async (db: Database) => {
  const sellerId = await makeAuditSeller(db)
  await Promise.all(Array.from({ length: writers }, async (_, writer) => {
    for (let i = 0; i < eventsEach; i++) {
      await db.withPlatformScope('proof', (tx) => {
        recordPluginAudit(tx, sellerId, 'proof', 'wrote', `writer:${writer}`, { writer, i })
        return Promise.resolve()
      })
    }
  }))
  const { rows, head } = await db.withPlatformScope('proof', (tx) => readEvidence(tx, sellerId))
  const report = await verifyChain(rows, head)
  const forks = rows.length - new Set(rows.map(({ prevHash }) => prevHash.toString())).size
  const isGapless = rows.every(({ seq }, at) => seq === at + 1)
  if (!report.ok || report.count !== writers * eventsEach || forks > 0 || !isGapless) {
    throw new Error(`The chain of ${writers} writers does not hold: ${JSON.stringify(report)}`)
  }
  for (let writer = 0; writer < writers; writer++) {
    const own = rows.filter(({ target }) => target === `writer:${writer}`)
      .map(({ data }) => JSON.parse(data).i as number)
    if (own.some((i, at) => i !== at)) throw new Error(`Events of writer ${writer} changed places`)
  }
  say(`${writers} writers, ${rows.length} events: ${forks} forks, no gap`)
  return { events: rows.length, forks }
}

const undone = new Error('undone')

const manyTamperings = async (db: Database, random: () => number) => {
  const signer = newSigner()
  const sellerId = await makeAuditSeller(db)
  const offline = await loadOffline()
  const ends = await signEvery(db, { sellerId, signer, events: chainEvents, every: digestEvery })
  const before = await db.withPlatformScope('proof', (tx) => readEvidence(tx, sellerId))
  const kept = before.digests
  if (await judge(before, kept, signer) !== null) throw new Error('The chain does not verify')

  const target = { sellerId, events: chainEvents, ends, sign: signer.sign, random }
  const found: Record<string, number> = {}
  let named = 0
  for (let i = 0; i < tamperings; i++) {
    const kind = tamperingKinds[i % tamperingKinds.length] ?? 'edit'
    let done: Tampering | undefined
    let after: Evidence | undefined
    await db.withPlatformScope('proof', async (tx: Tx) => {
      done = await tamper(tx, target, kind)
      after = await readEvidence(tx, sellerId)
      throw undone
    }).catch((error: unknown) => {
      if (error !== undone) throw error
    })
    if (!done || !after) throw new Error('unreachable: the transaction ran')
    const text = exportOf(after)
    const told = { kept: offline.readKept(kept.map(digestLine).join('\n')) }
    const report = await offline.verifyExport(text, { ...told, keys: { keys: signer.publicKeys } })
    const verdicts = [await judge(after, kept, signer), report.faults[0] ?? null]
    for (const verdict of verdicts) {
      const isNamed = verdict !== null && (verdict.since ?? verdict.seq) <= done.first &&
        done.first <= verdict.seq && (!done.isExact || verdict.seq === done.first)
      if (!isNamed) {
        throw new Error(`Tampering ${i} ${JSON.stringify(done)}: ${JSON.stringify(verdict)}`)
      }
    }
    if (done.isExact) named++
    found[kind] = (found[kind] ?? 0) + 1
    if (i < commandRuns) await byCommand(text, kept, signer, done)
  }
  say(`${tamperings} tamperings: all found by both, ${JSON.stringify(found)}`)
  return { tamperings, kinds: Object.keys(found).length, namedExactly: named, commandRuns }
}

/** The script itself, as a seller starts it, on whatever runs this. */
const byCommand = async (
  text: string,
  kept: readonly SignedDigest[],
  signer: Signer,
  done: Tampering,
): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'robnu-audit-'))
  try {
    const file = (name: string) => join(folder, name)
    await writeFile(file('export.jsonl'), text)
    await writeFile(file('kept.jsonl'), kept.map(digestLine).join('\n'))
    await writeFile(file('keys.json'), JSON.stringify({ keys: signer.publicKeys }))
    const { code, out } = await ask(offlineScript, [
      ...[file('export.jsonl'), '--json', '--keys', file('keys.json')],
      ...['--digests', file('kept.jsonl')],
    ])
    const [first] = code === 1 ? JSON.parse(out).faults : []
    if (!first || (first.since ?? first.seq) > done.first || done.first > first.seq) {
      throw new Error(`The command says ${code} ${out} of ${JSON.stringify(done)}`)
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

const measure = async (db: Database) => {
  const signer = newSigner()
  const sellerId = await makeAuditSeller(db)
  await signEvery(db, { sellerId, signer, events: speedEvents, every: speedEvents / 10 })
  const evidence = await db.withPlatformScope('proof', (tx) => readEvidence(tx, sellerId))
  const text = exportOf(evidence)
  const { verifyExport } = await loadOffline()
  // of the processor's time: others may be at work on this machine
  const perSecond = async (work: () => Promise<{ readonly ok: boolean }>): Promise<number> => {
    let best = 0
    for (let i = 0; i < 3; i++) {
      const before = process.cpuUsage()
      if (!(await work()).ok) throw new Error('What is measured does not verify')
      const { user, system } = process.cpuUsage(before)
      best = Math.max(best, Math.round(speedEvents / (user + system) * 1e6))
    }
    return best
  }
  const speed = {
    verifyPerSecond: await perSecond(() => verifyChain(evidence.rows, evidence.head)),
    readAndVerifyPerSecond: await perSecond(() =>
      db.withPlatformScope('proof', async (tx) => {
        const head = await readHead(tx, sellerId)
        return await verifyChain(readChain(tx, sellerId, { lastSeq: head?.seq }), head)
      })
    ),
    offlinePerSecond: await perSecond(() =>
      verifyExport(text, { keys: { keys: signer.publicKeys } })
    ),
  }
  say(`events per second of processor time: ${JSON.stringify(speed)}`)
  const slow = [speed.verifyPerSecond, speed.offlinePerSecond].some((one) => one < leastPerSecond)
  if (slow) throw new Error(`Fewer than ${leastPerSecond} events per second were verified`)
  return speed
}
