#!/usr/bin/env node
/**
 * Verifies an exported audit trail, offline and without a word of ours: one file, no dependency, for
 * Node 20 or newer, for Deno, and (its function `verifyExport`) for a browser.
 */

const usage = `Verifies an audit trail that was exported by GET /v1/audit/export.

  node verify-audit.mjs export.jsonl --keys keys.json --digests kept/
  deno run --allow-read verify-audit.mjs export.jsonl --keys keys.json --digests kept/

  --digests PATH  digests that you kept: a file, or a folder with all that lies below; may be repeated.
                  As they came to your hook or bucket, or as GET /v1/audit/digests shows them.
  --keys FILE     the JWK set of GET /v1/audit/keys, best from the day you began to keep digests
  --json          the report as one line of JSON

"-" reads the export from the standard input. Ends with 0: as it was recorded, as far as can be seen;
1: not as it was recorded; 2: it could not be verified.
`

/** Why, in words for people. */
const reasons = {
  'missing': 'there is no such event, though a later one, the head or a digest says so',
  'repeated': 'this number comes a second time, or out of order',
  'edited': 'the event is not the one that its hash was made of',
  'inserted': 'the event was put in: the next one was recorded with this number',
  'unlinked': 'the event does not follow the one before it',
  'replaced': 'the event was replaced: what follows it, and is proven, follows another one',
  'beyond-head': 'the event comes behind the end of the chain',
  'head-differs': 'the chain ends with another event than its head says',
  'rewritten': 'a digest names another event of this number: the chain was written anew',
  'foreign': 'the event belongs to another seller',
  'digest-forged': 'a digest that begins here carries no signature of the given keys',
  'digest-foreign': 'no kept digest is of this seller',
  'digest-missing': 'the digest that begins here is not in the export',
  'digest-unlinked': 'the digest that begins here does not name the one before it',
  'digest-differs': 'the digest that begins here is not the one that was kept',
}

/**
 * `text` is the export, whole or in pieces; `kept` digests as `readKept` gives them; `keys` the JWK
 * set, without which signatures are not checked. Gives `{ok, sellerId, events, provenTo, provenSince,
 * digests, faults, notes}`; the first of `faults` names the first bad event (`seq`; with `since`, it
 * may be any from there on), or where all events are as they were, a bad digest. Throws for what is no export.
 */
export const verifyExport = async (text, { kept = [], keys } = {}) => {
  const chain = createChain()
  await eachLine(text, chain.take)
  const { header, digests } = chain
  if (header === undefined && kept.length === 0) throw new Error('This holds no export')
  const sellerId = header?.sellerId ?? kept[0].told.seller
  const verifies = keys === undefined ? () => true : await createVerifier(keys)
  const own = kept.filter(({ told }) => told.seller === sellerId)
    .sort((a, b) => a.told.from - b.told.from)

  const exported = await checkExported(digests, header, sellerId, verifies)
  const faults = [
    firstBad(chain, knownOf([...exported.good, ...own])),
    ...exported.faults,
    ...await checkKept({ own, kept, exported, header }, verifies),
  ].filter((fault) => fault !== undefined)
  const proof = faults.length === 0 ? own.at(-1)?.told : undefined
  return {
    ok: faults.length === 0,
    sellerId,
    events: chain.hashes.length,
    // up to here the events are those of which a kept digest was made, and since when
    provenTo: proof?.to ?? 0,
    provenSince: proof?.signedAt ?? null,
    digests: { exported: digests.length, kept: own.length },
    faults: faults.map((one) => ({ ...one, say: reasons[one.reason] })),
    notes: notesOf({ header, kept, own, keys }),
  }
}

const notesOf = ({ header, kept, own, keys }) => {
  const younger = own.filter((digest) => isYounger(digest, header)).length
  const others = kept.length - own.length
  return [
    own.length > 0 ? undefined : 'No kept digest was given: a tail that was cut off, and a chain ' +
      'that was taken away or written anew as a whole, cannot be seen without one.',
    keys !== undefined ? undefined : 'No keys were given: signatures were not checked.',
    younger === 0 ? undefined : `The export says that it was made at ${header?.exportedAt}, ` +
      `before ${younger} of the kept digests were signed.`,
    others === 0 ? undefined : `${others} of the kept digests are of other sellers.`,
  ].filter((note) => note !== undefined)
}

// ---- events

/** Takes the lines one by one, and keeps of each event its hash and whether it has a fault. */
const createChain = () => {
  /** `end` stops the walk: the events behind it are not looked at. */
  const chain = { header: undefined, digests: [], hashes: [], unlinked: new Set(), end: undefined }
  const stop = (seq, reason) => {
    chain.end = { seq, reason }
  }
  const takeEvent = (row) => {
    const { header: { head, sellerId }, hashes } = chain
    const { seq } = row
    const last = hashes.length
    if (chain.end !== undefined) return
    if (seq <= last) return stop(seq, 'repeated')
    if (last >= (head?.seq ?? 0)) return stop(seq, 'beyond-head')
    if (seq > last + 1) return stop(last + 1, 'missing')
    if (hashOf(row, seq) !== row.hash) {
      const isNext = last > 0 && row.prevHash === (hashes[last - 2] ?? '') &&
        hashOf(row, last) === row.hash
      return isNext ? stop(last, 'inserted') : stop(seq, 'edited')
    }
    if (row.sellerId !== sellerId) return stop(seq, 'foreign')
    if (row.prevHash !== (hashes[last - 1] ?? '')) chain.unlinked.add(seq)
    hashes.push(row.hash)
  }
  let number = 0
  chain.take = (text) => {
    number++
    if (text === '') return
    const value = parsed(text)
    const isFirst = chain.header === undefined
    if (isFirst && value?.format === 'robnu-audit/1' && typeof value.sellerId === 'string') {
      if (value.filtered) throw new Error('The export is filtered: only a whole chain is a proof')
      chain.header = value
    } else if (!isFirst && value?.type === 'event' && isNumber(value.seq)) takeEvent(value)
    else if (!isFirst && value?.type === 'digest') {
      chain.digests.push(digestOf(value, `Line ${number}`))
    } else throw new Error(`Line ${number} is no line of an export`)
  }
  return chain
}

/** The first bad event, by what is known of the chain. `known`: sorted, `{to, head}`. */
const firstBad = ({ header, hashes, unlinked, end }, known) => {
  const count = hashes.length
  let proven = 0
  let next = 0
  // an event that does not follow the one before it: the next digest says which of the two is bad
  let doubt
  const broken = (seq, reason) =>
    doubt === undefined ? { seq, reason } : { seq: doubt, reason: 'unlinked' }
  const differs = (seq, reason) => {
    const fault = broken(seq, reason)
    return doubt === undefined && proven + 1 < seq ? { ...fault, since: proven + 1 } : fault
  }
  const replaced = (seq) => {
    doubt = undefined
    return differs(seq, 'replaced')
  }
  for (let seq = 1; seq <= count; seq++) {
    if (unlinked.has(seq)) {
      if (doubt !== undefined || proven === seq - 1) return broken(seq, 'unlinked')
      doubt = seq
    }
    if (known[next]?.to !== seq) continue
    // two may end here and differ: then one of them is not that of the event
    for (; known[next]?.to === seq; next++) {
      if (known[next].head !== hashes[seq - 1]) return differs(seq, 'rewritten')
    }
    if (doubt !== undefined) return replaced(doubt - 1)
    proven = seq
  }
  if (end !== undefined) return broken(end.seq, end.reason)
  const head = header?.head ?? undefined
  const promised = Math.max(head?.seq ?? 0, known.at(-1)?.to ?? 0)
  if (promised > count) return differs(count + 1, 'missing')
  if (head !== undefined && head.hash !== hashes[count - 1]) return differs(count, 'head-differs')
  return doubt === undefined ? undefined : replaced(doubt - 1)
}

// ---- digests

/** Of the form in which it leaves: `{body, signature}`; `told` is what the body says. */
const digestOf = ({ body, signature }, where) => {
  const told = typeof body === 'string' ? parsed(body) : undefined
  const isDigest = told?.type === 'robnu-audit-digest/1' && typeof signature === 'string' &&
    isNumber(told.from) && isNumber(told.to) && typeof told.head === 'string' &&
    typeof told.previous === 'string' && typeof told.seller === 'string'
  if (!isDigest) throw new Error(`${where} is no digest`)
  return { body, signature, told }
}

/** All digests in a text: JSON or JSON lines, bare, as a hook got them, or as the API lists them. */
export const readKept = (text, where = 'The file') => {
  const whole = parsed(text)
  const values = whole === undefined
    ? text.split('\n').filter((line) => line.trim() !== '').map(parsed)
    : [whole]
  return values.flatMap((value) => digestsIn(value, where))
}

const digestsIn = (value, where) => {
  if (typeof value !== 'object' || value === null) throw new Error(`${where} is no JSON`)
  if (Array.isArray(value)) return value.flatMap((one) => digestsIn(one, where))
  if ('body' in value && 'signature' in value) return [digestOf(value, where)]
  return 'data' in value ? digestsIn(value.data, where) : []
}

/** The digests of the export are a chain of their own, from the first event on. */
const checkExported = async (digests, header, sellerId, verifies) => {
  const good = []
  let seq = 1
  let previous = ''
  const broken = (reason) => ({ good, faults: [{ seq, reason }] })
  for (const digest of digests) {
    const { told } = digest
    if (!await verifies(digest)) return broken('digest-forged')
    if (told.seller !== sellerId || told.from !== seq || told.to < seq) {
      return broken('digest-missing')
    }
    if (told.previous !== previous) return broken('digest-unlinked')
    good.push(digest)
    seq = told.to + 1
    previous = sha256Of(digest.body)
  }
  return digests.length < (header?.digests ?? 0) ? broken('digest-missing') : { good, faults: [] }
}

/** What was kept must be in the export as it was kept. */
const checkKept = async ({ own, kept, exported, header }, verifies) => {
  if (kept.length > 0 && own.length === 0) return [{ seq: 1, reason: 'digest-foreign' }]
  const byStart = new Map(exported.good.map((one) => [one.told.from, one]))
  for (const digest of own) {
    const { from } = digest.told
    const same = byStart.get(from)
    // behind a bad one of the export, or signed after the export was made
    const isExcused = exported.faults.length > 0 || isYounger(digest, header)
    const reason = !await verifies(digest)
      ? 'digest-forged'
      : same === undefined
      ? isExcused ? undefined : 'digest-missing'
      : same.body === digest.body
      ? undefined
      : 'digest-differs'
    if (reason !== undefined) return [{ seq: from, reason }]
  }
  return []
}

/** By what the export says of itself. */
const isYounger = ({ told }, header) => !(told.signedAt <= header?.exportedAt)

const knownOf = (digests) => digests.map(({ told }) => told).sort((a, b) => a.to - b.to)

/** WebCrypto, which all three have. */
const createVerifier = async ({ keys }) => {
  if (!Array.isArray(keys) || keys.length === 0) throw new Error('The keys are no JWK set')
  const known = new Map()
  for (const { kty, crv, x, kid } of keys) {
    if (kty !== 'OKP' || crv !== 'Ed25519') continue
    const key = await crypto.subtle.importKey('jwk', { kty, crv, x }, 'Ed25519', false, ['verify'])
    known.set(kid, key)
  }
  return async ({ body, signature, told }) => {
    const key = known.get(told.key)
    const bytes = new Uint8Array(64)
    if (key === undefined || signature.length !== 128 || !readHex(signature, bytes, 0)) return false
    return await crypto.subtle.verify('Ed25519', key, bytes, encoder.encode(body))
  }
}

// ---- bytes

const parsed = (text) => {
  try {
    const value = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

/** Lines of a text that is whole or comes in pieces. */
const eachLine = async (text, take) => {
  if (typeof text === 'string') text = [text]
  let rest = ''
  for await (const piece of text) {
    const lines = (rest + piece).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) take(line)
  }
  if (rest !== '') take(rest)
}

const encoder = new TextEncoder()
const isNumber = (value) => Number.isSafeInteger(value) && value > 0
const digitOf = (code) =>
  code >= 48 && code <= 57 ? code - 48 : code >= 97 && code <= 102 ? code - 87 : -1
/** False for what is no hex. */
const readHex = (text, into, at) => {
  for (let i = 0; i < text.length; i += 2) {
    const [high, low] = [digitOf(text.charCodeAt(i)), digitOf(text.charCodeAt(i + 1))]
    if (high < 0 || low < 0) return false
    into[at + i / 2] = high * 16 + low
  }
  return true
}

/** The fields of an event in the order in which they are hashed; the number follows the seller. */
const fields = [
  ...['sellerId', 'at', 'actorKind', 'actorUserId', 'actorSuperAdminId', 'impersonationSessionId'],
  ...['apiKeyId', 'jobRunId', 'action', 'target', 'data'],
]
let buffer = new Uint8Array(4096)

/**
 * SHA-256 over the hash before, then every field behind its length in bytes (int4, -1 for null):
 * seller, number, and the rest. Equal to nothing where they cannot be hashed.
 */
const hashOf = (row, seq) => {
  const { prevHash } = row
  if (typeof prevHash !== 'string' || prevHash.length % 2 !== 0) return NaN
  // the number, and the room that SHA-256 takes for its own end
  let size = prevHash.length + 256
  for (const name of fields) {
    const value = row[name]
    if (value !== null && typeof value !== 'string') return NaN
    size += 4 + (value === null ? 0 : 3 * value.length)
  }
  if (buffer.length < size) buffer = new Uint8Array(2 * size)
  if (!readHex(prevHash, buffer, 0)) return NaN
  let at = prevHash.length / 2
  for (const name of fields) {
    at = writeField(row[name], at)
    if (name === 'sellerId') at = writeField(String(seq), at)
  }
  return sha256(at)
}

const writeField = (value, at) => {
  if (value === null) return writeLength(-1, at)
  const to = writeText(value, at + 4)
  writeLength(to - at - 4, at)
  return to
}
const writeText = (text, at) => {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return at + encoder.encodeInto(text, buffer.subarray(at)).written
    buffer[at + i] = code
  }
  return at + text.length
}
const writeLength = (length, at) => {
  buffer[at] = length >>> 24
  buffer[at + 1] = length >>> 16
  buffer[at + 2] = length >>> 8
  buffer[at + 3] = length
  return at + 4
}

const sha256Of = (text) => {
  if (buffer.length < 3 * text.length + 128) buffer = new Uint8Array(3 * text.length + 128)
  return sha256(writeText(text, 0))
}

/** The first 32 bits of the fractional parts of roots of the first primes (FIPS 180-4). */
const rootBits = (power, count) => {
  const found = []
  for (let n = 2; found.length < count; n++) {
    let isPrime = true
    for (let d = 2; d * d <= n; d++) if (n % d === 0) isPrime = false
    if (isPrime) found.push(((n ** power % 1) * 2 ** 32) | 0)
  }
  return found
}
const constants = Int32Array.from(rootBits(1 / 3, 64))
const start = Int32Array.from(rootBits(1 / 2, 8))
const [w, state] = [new Int32Array(64), new Int32Array(8)]

/**
 * SHA-256 of the first `length` bytes of the buffer, in hex; written out because WebCrypto's is
 * asynchronous, which costs more than the hash of an event.
 */
const sha256 = (length) => {
  const blocks = (length + 9 + 63) >> 6
  buffer.fill(0, length, blocks << 6)
  buffer[length] = 0x80
  const end = (blocks << 6) - 8
  writeLength(Math.floor(length / 0x20000000), end)
  writeLength(length << 3, end + 4)
  state.set(start)
  for (let block = 0; block < blocks; block++) compress(block << 6)
  let text = ''
  for (let i = 0; i < 8; i++) text += (state[i] >>> 0).toString(16).padStart(8, '0')
  return text
}

const compress = (from) => {
  for (let i = 0, at = from; i < 16; i++, at += 4) {
    w[i] = buffer[at] << 24 | buffer[at + 1] << 16 | buffer[at + 2] << 8 | buffer[at + 3]
  }
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15]
    const y = w[i - 2]
    const s0 = (x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3
    const s1 = (y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10
    w[i] = w[i - 16] + s0 + w[i - 7] + s1 | 0
  }
  let [a, b, c, d] = [state[0], state[1], state[2], state[3]]
  let [e, f, g, h] = [state[4], state[5], state[6], state[7]]
  for (let i = 0; i < 64; i++) {
    const s1 = (e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)
    const t1 = h + s1 + (e & f ^ ~e & g) + constants[i] + w[i] | 0
    const s0 = (a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)
    const t2 = s0 + (a & b ^ a & c ^ b & c) | 0
    h = g
    g = f
    f = e
    e = d + t1 | 0
    d = c
    c = b
    b = a
    a = t1 + t2 | 0
  }
  const sums = [a, b, c, d, e, f, g, h]
  for (let i = 0; i < 8; i++) state[i] += sums[i]
}

// ---- the command

const readDigests = async (fs, path) => {
  if (!(await fs.stat(path)).isDirectory()) return readKept(await fs.readFile(path, 'utf8'), path)
  const found = []
  for (const name of (await fs.readdir(path)).sort()) {
    found.push(...await readDigests(fs, `${path}/${name}`))
  }
  return found
}

const verifyFiles = async (files, { digests = [], keys }, { fs, createReadStream, stdin }) => {
  if (files.length !== 1) throw new Error('Name one export to verify')
  const kept = []
  for (const path of digests) {
    const found = await readDigests(fs, path)
    if (found.length === 0) throw new Error(`${path} holds no digest`)
    kept.push(...found)
  }
  const set = keys === undefined ? {} : { keys: JSON.parse(await fs.readFile(keys, 'utf8')) }
  const text = files[0] === '-'
    ? stdin.setEncoding('utf8')
    : createReadStream(files[0], { encoding: 'utf8', highWaterMark: 1 << 20 })
  return await verifyExport(text, { kept, ...set })
}

const textOf = ({ ok, events, sellerId, digests, provenTo, provenSince, faults, notes }) => {
  const lines = faults.map(({ seq, since, reason, say }, at) => {
    const range = since === undefined ? '' : ` (or one from ${since} on)`
    return `${at === 0 ? 'NOT AS RECORDED' : 'Besides'}: event ${seq}${range}: ${reason}: ${say}`
  })
  if (ok) {
    lines.push(`OK: ${events} events of seller ${sellerId}`)
    lines.push(`${digests.exported} digests in the export, ${digests.kept} that you kept`)
  }
  if (provenTo > 0) lines.push(`Proven: events 1 to ${provenTo}, unchanged since ${provenSince}`)
  if (faults[0]?.reason === 'missing') {
    lines.push('If the export was made before your newest digest was signed, export again.')
  }
  return [...lines, ...notes.map((note) => `Note: ${note}`)].join('\n')
}

export { textOf, verifyFiles }

const main = async (process) => {
  const { parseArgs } = await import('node:util')
  const { createReadStream, promises: fs } = await import('node:fs')
  const asJson = process.argv.includes('--json')
  const write = (stream, text) => void stream.write(`${text}\n`)
  try {
    const { values, positionals } = parseArgs({
      args: process.argv.slice(2),
      allowPositionals: true,
      options: {
        ...{ digests: { type: 'string', multiple: true }, keys: { type: 'string' } },
        ...{ json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
      },
    })
    if (values.help) return write(process.stdout, usage) ?? 0
    const given = { fs, createReadStream, stdin: process.stdin }
    const report = await verifyFiles(positionals, values, given)
    write(process.stdout, asJson ? JSON.stringify(report) : textOf(report))
    return report.ok ? 0 : 1
  } catch (error) {
    // never 1, which is a verdict
    const why = error instanceof Error ? error.message : String(error)
    if (asJson) write(process.stdout, JSON.stringify({ ok: false, error: why }))
    else write(process.stderr, `Cannot verify: ${why}`)
    return 2
  }
}

/** False where this file is imported: by a test, or by a page. */
const isMain = async (script) => {
  if (import.meta.main !== undefined || script === undefined) return import.meta.main === true
  // Node 20 does not say it
  const [fs, { pathToFileURL }] = [await import('node:fs'), await import('node:url')]
  return fs.existsSync(script) && pathToFileURL(fs.realpathSync(script)).href === import.meta.url
}

const { process } = globalThis
if (await isMain(process?.argv?.[1])) process.exitCode = await main(process)
