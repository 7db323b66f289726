/** The KMS emulator, asked by the real client: it refuses what AWS refuses, and loses no key. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GenerateRandomCommand,
  KMSClient,
  ListAliasesCommand,
  ListGrantsCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
  ReEncryptCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-kms'
import { expect, onTestFinished, test } from 'vitest'
import { startCloud } from '../../scripts/local/cloud.ts'
import { createKms } from '../../scripts/local/kms.ts'

const dayMs = 86_400_000
const plain = new TextEncoder().encode('a data key')
const alias = 'alias/robnu/seller-1'

const makeFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'robnu-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const open = async (dir?: string) => {
  const cloud = await startCloud(dir === undefined ? {} : { dir })
  const kms = new KMSClient({
    endpoint: cloud.url,
    region: 'ap-south-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  })
  const close = async (): Promise<void> => {
    kms.destroy()
    await cloud.stop()
  }
  onTestFinished(close)
  return { kms, close }
}

const makeKey = async (kms: KMSClient, name?: string): Promise<string> => {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Description: 'test' }))
  const keyId = KeyMetadata?.KeyId ?? ''
  if (name) await kms.send(new CreateAliasCommand({ AliasName: name, TargetKeyId: keyId }))
  return keyId
}

test('what is sealed opens under the same context only, whatever the order of its pairs', async () => {
  const { kms } = await open()
  const keyId = await makeKey(kms, alias)
  const sealed = await kms.send(
    new EncryptCommand({
      KeyId: alias,
      Plaintext: plain,
      EncryptionContext: { seller: '1', purpose: 'seal' },
    }),
  )
  expect(sealed.KeyId).toBe(`arn:aws:kms:ap-south-1:000000000000:key/${keyId}`)
  const decrypt = (EncryptionContext?: Record<string, string>, KeyId?: string) =>
    kms.send(
      new DecryptCommand({ CiphertextBlob: sealed.CiphertextBlob, EncryptionContext, KeyId }),
    )
  const opened = await decrypt({ purpose: 'seal', seller: '1' }, alias)
  expect(opened.Plaintext).toEqual(plain)

  const wrong = { name: 'InvalidCiphertextException' }
  await expect(decrypt({ seller: '2', purpose: 'seal' })).rejects.toMatchObject(wrong)
  await expect(decrypt({ seller: '1' })).rejects.toMatchObject(wrong)
  await expect(decrypt()).rejects.toMatchObject(wrong)
  const other = await makeKey(kms)
  await expect(decrypt({ seller: '1', purpose: 'seal' }, other)).rejects.toMatchObject({
    name: 'IncorrectKeyException',
  })
})

test('a changed ciphertext is refused at every byte', async () => {
  const { kms } = await open()
  const { CiphertextBlob = new Uint8Array() } = await kms.send(
    new EncryptCommand({ KeyId: await makeKey(kms), Plaintext: plain }),
  )
  for (const at of [0, 1, 17, 20, 21, 33, CiphertextBlob.length - 1]) {
    const changed = CiphertextBlob.map((byte, index) => index === at ? byte ^ 1 : byte)
    await expect(kms.send(new DecryptCommand({ CiphertextBlob: changed }))).rejects.toMatchObject({
      name: 'InvalidCiphertextException',
    })
  }
})

test('data keys come in both forms, and the sealed form opens to the plain one', async () => {
  const { kms } = await open()
  await makeKey(kms, alias)
  const input = { KeyId: alias, KeySpec: 'AES_256', EncryptionContext: { seller: '1' } } as const
  const made = await kms.send(new GenerateDataKeyCommand(input))
  expect(made.Plaintext).toHaveLength(32)
  const opened = await kms.send(
    new DecryptCommand({
      CiphertextBlob: made.CiphertextBlob,
      EncryptionContext: { seller: '1' },
    }),
  )
  expect(opened.Plaintext).toEqual(made.Plaintext)
  const without = await kms.send(new GenerateDataKeyWithoutPlaintextCommand(input))
  expect(without).not.toHaveProperty('Plaintext')
  const random = await kms.send(new GenerateRandomCommand({ NumberOfBytes: 16 }))
  expect(random.Plaintext).toHaveLength(16)
  const both = { KeyId: alias, KeySpec: 'AES_256', NumberOfBytes: 32 } as const
  await expect(kms.send(new GenerateDataKeyCommand(both))).rejects.toThrow(/either/)
})

test('a disabled key and one that waits for deletion do nothing until they are back', async () => {
  const { kms } = await open()
  const KeyId = await makeKey(kms, alias)
  const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId, Plaintext: plain }))
  const use = () => [
    kms.send(new EncryptCommand({ KeyId, Plaintext: plain })),
    kms.send(new DecryptCommand({ CiphertextBlob })),
    kms.send(new GenerateDataKeyCommand({ KeyId: alias, KeySpec: 'AES_256' })),
    kms.send(new RotateKeyOnDemandCommand({ KeyId })),
  ]
  await kms.send(new DisableKeyCommand({ KeyId }))
  for (const call of use()) await expect(call).rejects.toMatchObject({ name: 'DisabledException' })
  await kms.send(new EnableKeyCommand({ KeyId }))

  const week = new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 })
  expect(await kms.send(week)).toMatchObject({ KeyState: 'PendingDeletion' })
  const waits = { name: 'KMSInvalidStateException' }
  for (const call of use()) await expect(call).rejects.toMatchObject(waits)
  await expect(kms.send(new EnableKeyCommand({ KeyId }))).rejects.toMatchObject(waits)
  await kms.send(new CancelKeyDeletionCommand({ KeyId }))
  const described = await kms.send(new DescribeKeyCommand({ KeyId: alias }))
  expect(described.KeyMetadata).toMatchObject({ KeyState: 'Disabled', Enabled: false })
  await kms.send(new EnableKeyCommand({ KeyId }))
  expect((await kms.send(new DecryptCommand({ CiphertextBlob }))).Plaintext).toEqual(plain)
})

test('after the waiting time the key is gone, from the file too', () => {
  const file = join(makeFolder(), 'kms.json')
  let now = Date.UTC(2026, 0, 1)
  const kms = createKms({ file, now: () => now })
  const { KeyMetadata } = kms.call('CreateKey', {}) as { KeyMetadata: { KeyId: string } }
  const { KeyId } = KeyMetadata
  kms.call('CreateAlias', { AliasName: alias, TargetKeyId: KeyId })
  kms.call('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 })
  now += 7 * dayMs - 1
  expect(kms.call('DescribeKey', { KeyId })).toBeDefined()
  now += 1
  for (const ref of [KeyId, alias]) {
    expect(() => kms.call('DescribeKey', { KeyId: ref })).toThrow('does not exist')
  }
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ keys: {}, aliases: {} })
})

test('a rotation seals with new material and still opens what the old one sealed', async () => {
  const { kms } = await open()
  const KeyId = await makeKey(kms)
  const before = await kms.send(new EncryptCommand({ KeyId, Plaintext: plain }))
  await kms.send(new RotateKeyOnDemandCommand({ KeyId }))
  const after = await kms.send(new EncryptCommand({ KeyId, Plaintext: plain }))
  for (const { CiphertextBlob } of [before, after]) {
    expect((await kms.send(new DecryptCommand({ CiphertextBlob }))).Plaintext).toEqual(plain)
  }
  const version = (blob?: Uint8Array) => blob?.slice(17, 21).at(-1)
  expect([version(before.CiphertextBlob), version(after.CiphertextBlob)]).toEqual([0, 1])
})

test('re-encryption moves a secret to another key and context', async () => {
  const { kms } = await open()
  const [from, to] = [await makeKey(kms), await makeKey(kms)]
  const first = await kms.send(
    new EncryptCommand({ KeyId: from, Plaintext: plain, EncryptionContext: { seller: '1' } }),
  )
  const second = await kms.send(
    new ReEncryptCommand({
      CiphertextBlob: first.CiphertextBlob,
      SourceEncryptionContext: { seller: '1' },
      DestinationKeyId: to,
      DestinationEncryptionContext: { seller: '1', moved: 'yes' },
    }),
  )
  await kms.send(new DisableKeyCommand({ KeyId: from }))
  const opened = await kms.send(
    new DecryptCommand({
      CiphertextBlob: second.CiphertextBlob,
      EncryptionContext: { seller: '1', moved: 'yes' },
    }),
  )
  expect(opened.Plaintext).toEqual(plain)
})

test('aliases, tags and lists follow their keys', async () => {
  const { kms } = await open()
  const [one, two] = [await makeKey(kms, alias), await makeKey(kms)]
  const create = new CreateAliasCommand({ AliasName: alias, TargetKeyId: two })
  await expect(kms.send(create)).rejects.toMatchObject({ name: 'AlreadyExistsException' })
  await kms.send(new UpdateAliasCommand({ AliasName: alias, TargetKeyId: two }))
  const { Aliases } = await kms.send(new ListAliasesCommand({ KeyId: two }))
  expect(Aliases).toMatchObject([{ AliasName: alias, TargetKeyId: two }])
  await kms.send(new DeleteAliasCommand({ AliasName: alias }))
  for (const KeyId of [alias, 'alias/none', 'constructor', '__proto__']) {
    await expect(kms.send(new DescribeKeyCommand({ KeyId }))).rejects.toMatchObject({
      name: 'NotFoundException',
    })
  }
  const tag = { TagKey: 'seller', TagValue: '1' }
  await kms.send(new TagResourceCommand({ KeyId: one, Tags: [tag] }))
  const tags = () => kms.send(new ListResourceTagsCommand({ KeyId: one }))
  expect((await tags()).Tags).toEqual([tag])
  await kms.send(new UntagResourceCommand({ KeyId: one, TagKeys: ['seller'] }))
  expect((await tags()).Tags).toEqual([])
  const { Keys = [] } = await kms.send(new ListKeysCommand({}))
  expect(Keys.map((key) => key.KeyId).sort()).toEqual([one, two].sort())
})

test('what is not emulated is refused and not ignored', async () => {
  const { kms } = await open()
  const KeyId = await makeKey(kms)
  await expect(kms.send(new ListGrantsCommand({ KeyId }))).rejects.toMatchObject({
    name: 'UnknownOperationException',
  })
  await expect(kms.send(new CreateKeyCommand({ KeySpec: 'RSA_2048' }))).rejects.toMatchObject({
    name: 'ValidationException',
  })
  const dry = new EncryptCommand({ KeyId, Plaintext: plain, DryRun: true })
  await expect(kms.send(dry)).rejects.toMatchObject({ name: 'UnsupportedOperationException' })
  const tooLong = new EncryptCommand({ KeyId, Plaintext: new Uint8Array(4097) })
  await expect(kms.send(tooLong)).rejects.toMatchObject({ name: 'ValidationException' })
})

test('the keys lie in a closed file and outlive a restart', async () => {
  const dir = join(makeFolder(), 'cloud')
  const first = await open(dir)
  await makeKey(first.kms, alias)
  const encrypt = new EncryptCommand({ KeyId: alias, Plaintext: plain })
  const { CiphertextBlob } = await first.kms.send(encrypt)
  await first.close()
  expect(statSync(join(dir, 'kms.json')).mode & 0o777).toBe(0o600)

  const second = await open(dir)
  const opened = await second.kms.send(new DecryptCommand({ CiphertextBlob }))
  expect(opened.Plaintext).toEqual(plain)
  await second.close()
  writeFileSync(join(dir, 'kms.json'), '{"keys":')
  await expect(startCloud({ dir })).rejects.toThrow('the file is damaged')
})
