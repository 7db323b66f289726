/** The KMS emulator over time: rotation and throttles by its clock, trouble on request, and its file. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { createKms, type Kms } from '../../scripts/local/kms.ts'
import { isKmsError } from '../../scripts/local/kms-errors.ts'

const dayMs = 86_400_000
const keyFile = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'robnu-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'kms.json')
}
const newKey = (kms: Kms): string =>
  (kms.call('CreateKey', {}) as { KeyMetadata: { KeyId: string } }).KeyMetadata.KeyId
const encrypt = (kms: Kms, KeyId: string): string =>
  String(
    kms.call('Encrypt', { KeyId, Plaintext: btoa('a key') })['CiphertextBlob'],
  )
const decrypt = (kms: Kms, CiphertextBlob: string): string =>
  atob(String(kms.call('Decrypt', { CiphertextBlob })['Plaintext']))
const refusalOf = (work: () => unknown): string => {
  try {
    work()
    return 'none'
  } catch (error) {
    return isKmsError(error) ? error.type : String(error)
  }
}

test('a key gets new material when its period is over, and opens what all of it sealed', () => {
  const file = keyFile()
  let now = Date.UTC(2026, 0, 1)
  const kms = createKms({ file, now: () => now })
  const KeyId = newKey(kms)
  const sealed = [encrypt(kms, KeyId)]
  const status = () => kms.call('GetKeyRotationStatus', { KeyId })
  expect(status()).toMatchObject({ KeyRotationEnabled: false })
  now += 10 * dayMs
  kms.call('EnableKeyRotation', { KeyId, RotationPeriodInDays: 90 })
  expect(status()).toMatchObject({
    ...{ KeyRotationEnabled: true, RotationPeriodInDays: 90 },
    NextRotationDate: (now + 90 * dayMs) / 1000,
  })
  const versions = () => JSON.parse(readFileSync(file, 'utf8')).keys[KeyId].versions.length
  const counts: number[] = []
  for (let quarter = 0; quarter < 4; quarter++) {
    now += 90 * dayMs - 1
    kms.call('DescribeKey', { KeyId })
    counts.push(versions())
    now += 1
    sealed.push(encrypt(kms, KeyId))
  }
  expect(counts).toEqual([1, 2, 3, 4])
  kms.call('RotateKeyOnDemand', { KeyId })
  kms.call('DisableKey', { KeyId })
  now += 90 * dayMs
  kms.call('DescribeKey', { KeyId })
  expect(versions()).toBe(6)
  kms.call('EnableKey', { KeyId })
  const { Rotations } = kms.call('ListKeyRotations', { KeyId })
  expect((Rotations as { RotationType: string }[]).map(({ RotationType }) => RotationType))
    .toEqual([...Array(4).fill('AUTOMATIC'), 'ON_DEMAND', 'AUTOMATIC'])
  const again = createKms({ file, now: () => now })
  expect(sealed.map((blob) => decrypt(again, blob))).toEqual(Array(5).fill('a key'))
  for (let i = 0; i < 24; i++) kms.call('RotateKeyOnDemand', { KeyId })
  expect(refusalOf(() => kms.call('RotateKeyOnDemand', { KeyId }))).toBe('LimitExceededException')
})

test('who asks too often is throttled until the clock has moved on', () => {
  let now = 0
  const kms = createKms({ now: () => now, perSecond: 10 })
  const KeyId = newKey(kms)
  const refusals = () =>
    Array.from({ length: 15 }, () => refusalOf(() => encrypt(kms, KeyId)))
      .filter((refusal) => refusal === 'ThrottlingException').length
  expect([refusals(), refusals()]).toEqual([5, 15])
  now += 500
  expect(refusals()).toBe(10)
  // management goes on
  expect(refusalOf(() => kms.call('DescribeKey', { KeyId }))).toBe('none')
})

test('it makes the trouble that it is asked for, so often or until it is told to stop', () => {
  const kms = createKms()
  const KeyId = newKey(kms)
  kms.call('RobnuTrouble', { Type: 'ThrottlingException', Times: 2 })
  const use = () => refusalOf(() => encrypt(kms, KeyId))
  expect([use(), use(), use()]).toEqual(['ThrottlingException', 'ThrottlingException', 'none'])
  kms.call('RobnuTrouble', { Type: 'KMSInternalException' })
  expect(Array.from({ length: 50 }, use)).toEqual(Array(50).fill('KMSInternalException'))
  kms.call('RobnuTrouble', {})
  expect(use()).toBe('none')
  expect(refusalOf(() => kms.call('RobnuTrouble', { Type: 'Nonsense' })))
    .toBe('ValidationException')
})

test.skipIf(process.platform === 'win32')(
  'a key file that others may read is refused, and a folder in which they may change it',
  () => {
    const file = keyFile()
    newKey(createKms({ file }))
    expect(statSync(file).mode & 0o777).toBe(0o600)
    for (const mode of [0o640, 0o604, 0o620, 0o666]) {
      chmodSync(file, mode)
      expect(() => createKms({ file })).toThrow(/others may read or change it \(mode 06[0-9]{2}\)/)
    }
    chmodSync(file, 0o600)
    for (const mode of [0o770, 0o702, 0o777]) {
      chmodSync(dirname(file), mode)
      expect(() => createKms({ file })).toThrow('others may change files in it')
    }
    chmodSync(dirname(file), 0o755)
    createKms({ file })
  },
)

test('what a killed process left beside the file is removed, and nothing else', () => {
  const file = keyFile()
  newKey(createKms({ file }))
  const others = ['kms.json.backup', 'kms.json.0123456789ab.old', 'other.0123456789ab']
  for (const name of [...others, 'kms.json.0123456789ab']) {
    writeFileSync(join(dirname(file), name), 'x')
  }
  createKms({ file })
  expect(readdirSync(dirname(file)).sort()).toEqual(['kms.json', ...others].sort())
})

test('what cannot be written has not happened: nothing is sealed by a key in memory alone', () => {
  const file = keyFile()
  const kms = createKms({ file })
  const KeyId = newKey(kms)
  const TargetKeyId = KeyId
  const AliasName = 'alias/shop'
  // the disk is full
  rmSync(dirname(file), { recursive: true })
  const refused = [
    () => kms.call('CreateAlias', { AliasName, TargetKeyId }),
    () => newKey(kms),
    () => kms.call('RotateKeyOnDemand', { KeyId }),
  ].map(refusalOf)
  expect(refused).not.toContain('none')
  expect(refusalOf(() => encrypt(kms, AliasName))).toBe('NotFoundException')
  expect((kms.call('ListKeys', {})['Keys'] as unknown[]).length).toBe(1)
  expect(kms.call('ListKeyRotations', { KeyId })['Rotations']).toEqual([])
  // and there is room again
  const before = encrypt(kms, KeyId)
  mkdirSync(dirname(file))
  kms.call('CreateAlias', { AliasName, TargetKeyId })
  expect(decrypt(createKms({ file }), before)).toBe('a key')
})

test('no key that was answered for is lost to a kill', async () => {
  const file = keyFile()
  const module = new URL('../../scripts/local/kms.ts', import.meta.url).href
  const code = `const { createKms } = await import(${JSON.stringify(module)})
    const kms = createKms({ file: ${JSON.stringify(file)} })
    for (;;) {
      const { KeyMetadata } = kms.call('CreateKey', {})
      await new Promise((done) => process.stdout.write(KeyMetadata.KeyId + '\\n', done))
    }`
  const script = `import process from 'node:process'; ${code}`
  const told: string[] = []
  for (let round = 0; round < 2; round++) {
    const child = spawn(
      process.execPath,
      'Deno' in globalThis ? ['eval', script] : ['--input-type=module', '--eval', script],
      {
        cwd: fileURLToPath(new URL('../..', import.meta.url)),
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    const ended = once(child, 'exit')
    let here = 0
    for await (const line of createInterface({ input: child.stdout })) {
      told.push(line)
      // in the middle of the next one, at another moment in each round
      if (++here === 20 + 7 * round) child.kill('SIGKILL')
    }
    await ended
    const kms = createKms({ file })
    for (const KeyId of told) {
      expect(refusalOf(() => kms.call('DescribeKey', { KeyId }))).toBe('none')
    }
    expect(readdirSync(dirname(file))).toEqual(['kms.json'])
  }
  expect(told.length).toBeGreaterThanOrEqual(40)
  expect(existsSync(file)).toBe(true)
})
