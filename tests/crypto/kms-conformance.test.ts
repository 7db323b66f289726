/**
 * What Robnu expects of a KMS. It holds for our emulator, for the one named by ROBNU_TEST_KMS_ENDPOINT
 * (a URL, or `aws`, with the usual AWS variables), and for an emulator of others in a container. Each run
 * makes a few keys of its own and schedules their deletion.
 */
import { randomUUID } from 'node:crypto'
import {
  DisableKeyCommand,
  EnableKeyCommand,
  GenerateDataKeyCommand,
  KMSClient,
  RotateKeyOnDemandCommand,
} from '@aws-sdk/client-kms'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { environment } from '../../core/config.ts'
import { createKms, type KeyService } from '../../core/crypto/kms.ts'
import { kmsTroubleOf } from '../../core/crypto/kms-call.ts'
import { silentLog } from '../../core/log.ts'
import {
  hasContainerEngine,
  type KmsPlace,
  openKmsInContainer,
  openLocalKms,
  openNamedKms,
} from './kms-places.ts'

const dayMs = 86_400_000
const context = { seller: 's1', purpose: 'root', version: '1' }
const endpoint = environment['ROBNU_TEST_KMS_ENDPOINT']

const conforms = (open: () => Promise<KmsPlace>, { rotates = true } = {}): void => {
  const run = randomUUID().slice(0, 8)
  const [alias, other, disabled, doomed] = ['one', 'two', 'off', 'end']
    .map((name) => `alias/robnu-test-${run}/${name}`) as [string, string, string, string]
  let place: KmsPlace
  let kms: KeyService
  let client: KMSClient

  beforeAll(async () => {
    place = await open()
    kms = createKms({ ...place.options, log: silentLog })
    client = new KMSClient(place.options)
    for (const name of [alias, other, disabled, doomed]) await kms.ensureAlias(name)
  }, 120_000)
  afterAll(async () => {
    for (const name of [alias, other, disabled, doomed]) await kms.scheduleDeletion(name, 7)
    client.destroy()
    kms.close()
    await place.stop()
  })

  const troubleWith = async (work: Promise<unknown>): Promise<string> => {
    try {
      await work
      return 'none'
    } catch (error) {
      return kmsTroubleOf(error) ?? String(error)
    }
  }

  it('makes keys and opens them under their context alone', async () => {
    const { plain, wrapped } = await kms.generate(alias, context)
    expect(plain).toHaveLength(32)
    expect(await kms.unwrap(wrapped, context)).toEqual(plain)
    const others = [
      { ...context, seller: 's2' },
      { ...context, purpose: 'seal' },
      { ...context, version: '2' },
      { ...context, more: 'x' },
      { seller: 's1' },
      {},
    ]
    for (const wrong of others) {
      expect(await troubleWith(kms.unwrap(wrapped, wrong))).toContain('InvalidCiphertextException')
    }
    const changed = wrapped.map((byte, at) => at === wrapped.length - 1 ? byte ^ 1 : byte)
    expect(await troubleWith(kms.unwrap(changed, context))).toContain('InvalidCiphertextException')
  })

  it('keeps one key behind an alias, however often it is asked for', async () => {
    const before = await kms.describe(alias)
    await Promise.all([kms.ensureAlias(alias), kms.ensureAlias(alias)])
    expect(await kms.describe(alias)).toEqual(before)
    expect(before).toMatchObject({ state: 'Enabled', deletionDate: null })
    expect(await kms.describe(`${alias}-nobody-made`)).toBeNull()
    expect(await troubleWith(kms.generate(`${alias}-nobody-made`, context))).toBe('no-key')
  })

  it('wraps a key anew under another alias, without giving it out', async () => {
    const { plain, wrapped } = await kms.generate(alias, context)
    const moved = await kms.reWrap(wrapped, context, other)
    expect(moved).not.toEqual(wrapped)
    expect(await kms.unwrap(moved, context)).toEqual(plain)
    expect(await kms.unwrap(wrapped, context)).toEqual(plain)
    const wrong = { ...context, seller: 's2' }
    expect(await troubleWith(kms.reWrap(wrapped, wrong, other))).toContain('InvalidCiphertext')
    expect(await troubleWith(kms.unwrap(moved, wrong))).toContain('InvalidCiphertext')
  })

  it.skipIf(!rotates)(
    'opens after a rotation what was wrapped before (left out where keys do not rotate on demand)',
    async () => {
      const { plain, wrapped } = await kms.generate(alias, context)
      await client.send(new RotateKeyOnDemandCommand({ KeyId: (await kms.describe(alias))?.keyId }))
      expect(await kms.unwrap(wrapped, context)).toEqual(plain)
      const after = await kms.generate(alias, context)
      const moved = await kms.reWrap(wrapped, context, alias)
      expect(await kms.unwrap(moved, context)).toEqual(plain)
      expect(await kms.unwrap(after.wrapped, context)).toEqual(after.plain)
      expect((await kms.describe(alias))?.lastRotated?.getTime()).toBeGreaterThan(
        Date.now() - dayMs,
      )
    },
  )

  it('does nothing with a key that was switched off, until it is on again', async () => {
    const { plain, wrapped } = await kms.generate(disabled, context)
    const named = { KeyId: (await kms.describe(disabled))?.keyId }
    await client.send(new DisableKeyCommand(named))
    expect((await kms.describe(disabled))?.state).toBe('Disabled')
    for (
      const work of [
        kms.generate(disabled, context),
        kms.unwrap(wrapped, context),
        kms.reWrap(wrapped, context, other),
      ]
    ) expect(await troubleWith(work)).toBe('disabled')
    await client.send(new EnableKeyCommand(named))
    expect(await kms.unwrap(wrapped, context)).toEqual(plain)
  })

  it('deletes a key on the day that it said first, and until then does nothing with it', async () => {
    const { wrapped } = await kms.generate(doomed, context)
    const date = await kms.scheduleDeletion(doomed, 8)
    const days = ((date?.getTime() ?? 0) - Date.now()) / dayMs
    expect(days).toBeGreaterThan(7.5)
    expect(days).toBeLessThan(9)
    expect(await kms.scheduleDeletion(doomed, 30)).toEqual(date)
    expect(await kms.describe(doomed))
      .toMatchObject({ state: 'PendingDeletion', deletionDate: date })
    expect(await troubleWith(kms.unwrap(wrapped, context))).toBe('pending-deletion')
    expect(await troubleWith(kms.generate(doomed, context))).toBe('pending-deletion')
    expect(await kms.scheduleDeletion(`${doomed}-nobody-made`, 7)).toBeNull()
  })

  it('answers whoever asks whether it is there', async () => {
    await kms.ping()
    await client.send(new GenerateDataKeyCommand({ KeyId: alias, KeySpec: 'AES_256' }))
  })
}

describe('the KMS emulator of this project', () => conforms(openLocalKms))

describe.skipIf(endpoint === undefined)(
  'the KMS of ROBNU_TEST_KMS_ENDPOINT (left out where that is not set)',
  () => conforms(() => openNamedKms(endpoint ?? '', environment['AWS_REGION'])),
)

describe.skipIf(!hasContainerEngine(environment))(
  'a KMS emulator in a container (left out where no container engine is)',
  () => conforms(openKmsInContainer, { rotates: false }),
)
