/**
 * Verifies a shred certificate without Robnu and without its database:
 *
 *     node scripts/verify-certificate.mjs certificate.json --keys keys.json
 *
 * Needs this one file and WebCrypto: Node >= 20, Deno, a browser.
 */
const usage = `Usage: node verify-certificate.mjs <certificate.json> --keys <keys.json> [--json]

  --keys <keys.json>  the public keys, from https://<your robnu>/v1/audit/keys or as you kept them
  --json              the verdict as one line of JSON

"-" reads the certificate from the standard input. Ends with 0: signed by one of the keys, and what it
says agrees with itself. 1: not. 2: it could not be verified.
`

const type = 'robnu-shred-certificate/1'
const dayMs = 86_400_000

/** Why, in words for people. */
const reasons = {
  'not-signed': 'no key of the set has signed this text',
  'no-certificate': 'the text that is signed is no shred certificate',
  'opened': 'a value opened after its keys were destroyed, or was not tried',
  'too-early':
    'the last try was made before every key that a process may have held was past its age',
  'keys-left': 'keys are left in the database',
  'times': 'the times are out of order: asked, told 48 hours before, shut, destroyed, signed',
  'too-soon': 'it says that backups are of no help sooner than the KMS key is gone',
}

/**
 * `text` is the file, `keys` the JWK set, `now` a Date. Gives `{ok, certificate, faults, irrevocable}`;
 * `irrevocable` tells whether its date has come. Throws for what is no such file.
 */
export const verifyCertificate = async (text, { keys, now }) => {
  const { body, signature } = parsed(text)
  const certificate = parsed(body)
  const fault = (reason) => ({ reason, say: reasons[reason] })
  if (!await isSigned(body, signature, certificate?.key, keys)) {
    return { ok: false, certificate: null, faults: [fault('not-signed')], irrevocable: false }
  }
  const faults = certificate?.type === type
    ? faultsOf(certificate).map(fault)
    : [fault('no-certificate')]
  return {
    ok: faults.length === 0,
    certificate,
    faults,
    irrevocable: faults.length === 0 && Date.parse(certificate.irrevocableAt) <= now.getTime(),
  }
}

/** What is signed could still contradict itself. */
const faultsOf = (told) => {
  const { sample, trials, lastTrial, keysLeft, mode, kmsKeyDeletionAt } = told
  const all = [...trials, lastTrial]
  // of a file that was signed before this was told
  const isWaited = lastTrial.keyAgeMs === undefined || lastTrial.waitedMs >= lastTrial.keyAgeMs
  const isTried = all.every(({ tried, opened }) => opened === 0 && tried === sample.values)
  const [asked, notice, closed, destroyed, issued, irrevocable] = [
    ...[told.requestedAt, told.noticeAt, told.closedAt, told.destroyedAt, told.issuedAt],
    told.irrevocableAt,
  ].map((time) => Date.parse(time))
  // two clocks wrote them: the database's, and that of a process
  const slackMs = 5 * 60_000
  const inOrder = asked <= closed && notice + 2 * dayMs <= closed + slackMs &&
    closed <= destroyed && destroyed <= issued + slackMs && destroyed <= irrevocable
  const isLate = mode === 'shared-alias' || irrevocable >= Date.parse(kmsKeyDeletionAt)
  return [
    isTried ? undefined : 'opened',
    isWaited ? undefined : 'too-early',
    keysLeft === 0 ? undefined : 'keys-left',
    inOrder ? undefined : 'times',
    isLate ? undefined : 'too-soon',
  ].filter((one) => one !== undefined)
}

const isSigned = async (body, signature, keyId, { keys }) => {
  const jwk = await keyOf(keys, keyId)
  if (jwk === undefined) return false
  const { kty, crv, x } = jwk
  const key = await crypto.subtle.importKey('jwk', { kty, crv, x }, { name: 'Ed25519' }, false, [
    'verify',
  ])
  return await crypto.subtle.verify(
    'Ed25519',
    key,
    bytesOf(signature),
    new TextEncoder().encode(body),
  )
}

/** By its `kid`, or where it has none by its RFC 7638 thumbprint. */
const keyOf = async (keys, keyId) => {
  for (const jwk of keys) {
    if (jwk.kty !== 'OKP' || jwk.crv !== 'Ed25519') continue
    if ((jwk.kid || await thumbprint(jwk)) === keyId) return jwk
  }
}
const thumbprint = async ({ crv, kty, x }) => {
  const text = new TextEncoder().encode(JSON.stringify({ crv, kty, x }))
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', text))
  return btoa(String.fromCharCode(...digest)).replaceAll('+', '-').replaceAll('/', '_')
    .replaceAll('=', '')
}

const bytesOf = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0))

const parsed = (text) => {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('This is no shred certificate')
  }
}

/** Whoever trusts nobody asks what these were: a process that hangs lets its keys go by their age. */
const silentLines = (silent) =>
  silent.length === 0 ? [] : [
    `${silent.length} processes that were there said nothing: ` +
    silent.map(({ process, parts, seenAt }) => `${process} (${parts}), seen at ${seenAt}`)
      .join('; '),
  ]

export const textOf = ({ ok, certificate: told, faults, irrevocable }) => {
  if (!ok) return faults.map(({ reason, say }) => `NOT CERTIFIED: ${reason}: ${say}`).join('\n')
  return [
    `OK: the keys of seller ${told.seller} were destroyed at ${told.destroyedAt}`,
    `${told.keys.length} keys; ${told.sample.values} values that opened before were tried in ` +
    `${told.trials.length} processes and once more ${
      Math.round(told.lastTrial.waitedMs / 1000)
    } s ` +
    'later: none opens',
    ...silentLines(told.silent ?? []),
    `${told.objects} files were removed; ${
      told.mode === 'own-kms-key'
        ? 'the KMS key of the seller goes'
        : 'the last backup that holds the wrapped keys expires'
    } at ${told.irrevocableAt}`,
    irrevocable
      ? 'That time has come: nothing brings the keys back.'
      : 'Until then whoever holds a backup and our KMS could bring the keys back.',
  ].join('\n')
}

// ---- the command

export const verifyFile = async (path, { keys }, { fs, stdin, now }) => {
  if (keys === undefined) throw new Error('Name the public keys: --keys <keys.json>')
  const text = path === '-' ? await readAll(stdin) : await fs.readFile(path, 'utf8')
  return await verifyCertificate(text, { keys: JSON.parse(await fs.readFile(keys, 'utf8')), now })
}

const readAll = async (stream) => {
  let text = ''
  for await (const chunk of stream.setEncoding('utf8')) text += chunk
  return text
}

const main = async (process) => {
  const { parseArgs } = await import('node:util')
  const { promises: fs } = await import('node:fs')
  const asJson = process.argv.includes('--json')
  const write = (stream, text) => void stream.write(`${text}\n`)
  try {
    const { values, positionals } = parseArgs({
      args: process.argv.slice(2),
      allowPositionals: true,
      options: {
        ...{ keys: { type: 'string' }, json: { type: 'boolean' } },
        help: { type: 'boolean', short: 'h' },
      },
    })
    if (values.help) return write(process.stdout, usage) ?? 0
    if (positionals.length !== 1) throw new Error('Name one certificate to verify')
    const report = await verifyFile(positionals[0], values, {
      fs,
      stdin: process.stdin,
      now: new Date(),
    })
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
