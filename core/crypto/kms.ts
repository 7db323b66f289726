/** AWS KMS: makes the roots of sellers' keys and unwraps them; the key that wraps never leaves it. */
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  GenerateDataKeyCommand,
  KMSClient,
  ListAliasesCommand,
  ReEncryptCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import type { Log } from '../log.ts'
import { askKms, nameOf } from './kms-call.ts'
import { describeKey, type KeyDescription, rotateYearly, scheduleDeletion } from './kms-keys.ts'

/** Bound to a wrapped key and shown in the logs of KMS: `seller`, `purpose`, `version`. No secret. */
export type KeyContext = Readonly<Record<string, string>>

/**
 * What a keyring needs. Every method throws `keys-unavailable` when KMS does not do its work for
 * whatever reason; `kmsTroubleOf` tells which.
 */
export interface KeyWrapping {
  /** A new key of 32 bytes, in clear and wrapped. Both belong to the caller, who zeroes `plain`. */
  readonly generate: (
    alias: string,
    context: KeyContext,
  ) => Promise<{ readonly plain: Uint8Array; readonly wrapped: Uint8Array }>
  /** Throws a plain error when the key was wrapped under another context, or is no wrapped key. */
  readonly unwrap: (wrapped: Uint8Array, context: KeyContext) => Promise<Uint8Array>
  /** Makes the alias with a key behind it, unless it is there. May be called twice, and by two. */
  readonly ensureAlias: (alias: string) => Promise<void>
}
export interface KeyService extends KeyWrapping {
  /**
   * The same key wrapped anew, by the newest material of the KMS key behind `alias`; it is in clear
   * inside of KMS only. Throws as `unwrap` does.
   */
  readonly reWrap: (wrapped: Uint8Array, context: KeyContext, alias: string) => Promise<Uint8Array>
  /** The KMS key behind an alias; null when there is none. */
  readonly describe: (alias: string) => Promise<KeyDescription | null>
  /**
   * Has the KMS key behind an alias deleted, after 7 to 30 days: the date from which on nothing that
   * it wrapped can be opened. One that was scheduled before keeps its date. Null: there is no such key
   * (any more). Throws a plain error when other aliases lead to the key as well.
   */
  readonly scheduleDeletion: (alias: string, days: number) => Promise<Date | null>
  /** Resolves when KMS answers and takes our credentials. */
  readonly ping: () => Promise<void>
  readonly close: () => void
}
export interface KmsOptions {
  readonly region: string
  /** Absent: that of AWS in the region. */
  readonly endpoint?: string
  /** Absent: found by the AWS SDK where it runs. */
  readonly credentials?: {
    readonly accessKeyId: string
    readonly secretAccessKey: string
    readonly sessionToken?: string
  }
  readonly log: Log
  readonly connectTimeoutMs?: number
  readonly requestTimeoutMs?: number
  /** Of a call with all its attempts: a request waits for it. 10 seconds. */
  readonly deadlineMs?: number
}

const maxAttempts = 3 // with the SDK's backoff of some 100 ms
const defaultDeadlineMs = 10_000
const shortestWindowDays = 7 // of AWS

export const createKms = (options: KmsOptions): KeyService => {
  const { region, endpoint, credentials, log, deadlineMs = defaultDeadlineMs } = options
  const client = new KMSClient({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts,
    requestHandler: {
      connectionTimeout: options.connectTimeoutMs ?? 2_000,
      requestTimeout: options.requestTimeoutMs ?? 5_000,
      throwOnRequestTimeout: true, // else the SDK only warns
    },
  })
  const ask = askKms(log, deadlineMs)

  const aliasExists = async (alias: string): Promise<boolean> =>
    await ask('look up a KMS alias', { alias }, async (limit) => {
      try {
        await client.send(new DescribeKeyCommand({ KeyId: alias }), limit)
        return true
      } catch (error) {
        if (nameOf(error) === 'NotFoundException') return false
        throw error
      }
    })

  return {
    generate: async (alias, context) =>
      await ask('make a key', { alias, context }, async (limit) => {
        const command = new GenerateDataKeyCommand({
          KeyId: alias,
          KeySpec: 'AES_256',
          EncryptionContext: context,
        })
        const { Plaintext, CiphertextBlob } = await client.send(command, limit)
        return { plain: taken(Plaintext), wrapped: taken(CiphertextBlob) }
      }),
    unwrap: async (wrapped, context) =>
      await ask('unwrap a key', { context }, async (limit) => {
        const command = new DecryptCommand({ CiphertextBlob: wrapped, EncryptionContext: context })
        return taken((await client.send(command, limit)).Plaintext)
      }),
    reWrap: async (wrapped, context, alias) =>
      await ask('wrap a key anew', { alias, context }, async (limit) => {
        const command = new ReEncryptCommand({
          CiphertextBlob: wrapped,
          SourceEncryptionContext: context,
          DestinationKeyId: alias,
          DestinationEncryptionContext: context,
        })
        return taken((await client.send(command, limit)).CiphertextBlob)
      }),
    ensureAlias: async (alias) => {
      if (await aliasExists(alias)) return
      await ask('make a KMS key', { alias }, async (limit) => {
        const command = new CreateKeyCommand({ Description: `Robnu: wraps keys under ${alias}` })
        const TargetKeyId = (await client.send(command, limit)).KeyMetadata?.KeyId
        await rotateYearly(client, TargetKeyId, limit)
        try {
          await client.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId }), limit)
        } catch (error) {
          if (nameOf(error) !== 'AlreadyExistsException') throw error
          // somebody else was quicker; nothing was wrapped under this key, and it costs money
          await client.send(
            new ScheduleKeyDeletionCommand({
              KeyId: TargetKeyId,
              PendingWindowInDays: shortestWindowDays,
            }),
            limit,
          )
        }
      })
    },
    describe: (alias) =>
      ask('look at a KMS key', { alias }, (limit) => describeKey(client, alias, limit)),
    scheduleDeletion: (alias, days) =>
      ask(
        'have a KMS key deleted',
        { alias },
        (limit) => scheduleDeletion(client, alias, days, limit),
      ),
    ping: async () => {
      await ask('reach KMS', {}, async (limit) => {
        try {
          await client.send(new ListAliasesCommand({ Limit: 1 }), limit)
        } catch (error) {
          // a policy that allows keys but no lists is a good one
          if (nameOf(error) !== 'AccessDeniedException') throw error
        }
      })
    },
    close: () => client.destroy(),
  }
}

/** A copy of our own: the SDK's bytes may lie in a buffer that others read. */
const taken = (bytes: Uint8Array | undefined): Uint8Array => {
  if (bytes === undefined) throw new Error('KMS answered without a key')
  const own = new Uint8Array(bytes)
  bytes.fill(0)
  return own
}
