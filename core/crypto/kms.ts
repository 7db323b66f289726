/** AWS KMS: makes the keys of sellers and unwraps them; the key that wraps never leaves it. */
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  GenerateDataKeyCommand,
  KMSClient,
  ListAliasesCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import { fault } from '../errors.ts'
import type { Log } from '../log.ts'

/** Bound to a wrapped key and shown in the logs of KMS: `seller`, `purpose`, `version`. No secret. */
export type KeyContext = Readonly<Record<string, string>>

/** Every method throws `keys-unavailable` when KMS does not do its work for whatever reason. */
export interface KeyService {
  /** A new key of 32 bytes, in clear and wrapped. Both belong to the caller, who zeroes `plain`. */
  readonly generate: (
    alias: string,
    context: KeyContext,
  ) => Promise<{ readonly plain: Uint8Array; readonly wrapped: Uint8Array }>
  /** Throws a plain error when the key was wrapped under another context, or is no wrapped key. */
  readonly unwrap: (wrapped: Uint8Array, context: KeyContext) => Promise<Uint8Array>
  /** Makes the alias with a key behind it, unless it is there. May be called twice, and by two. */
  readonly ensureAlias: (alias: string) => Promise<void>
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
}

const maxAttempts = 3 // with the SDK's backoff of some 100 ms
const deadlineMs = 10_000 // of a call with all its attempts: a request waits for it
const retryAfterSeconds = 5
/** The call itself is wrong: trying again changes nothing. */
const refusals = ['InvalidCiphertextException', 'IncorrectKeyException', 'ValidationException']
/** Somebody switched the key off, on purpose or not. */
const keyStates = ['DisabledException', 'KMSInvalidStateException', 'KeyUnavailableException']

export const createKms = (options: KmsOptions): KeyService => {
  const { region, endpoint, credentials, log } = options
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

  /** Runs a call within the deadline and says in our words what went wrong. */
  const ask = async <T>(
    operation: string,
    fields: Readonly<Record<string, unknown>>,
    call: (limit: { abortSignal: AbortSignal }) => Promise<T>,
  ): Promise<T> => {
    try {
      return await call({ abortSignal: AbortSignal.timeout(deadlineMs) })
    } catch (cause) {
      const reason = nameOf(cause)
      if (refusals.includes(reason)) {
        throw new Error(`Cannot ${operation}: KMS refused with ${reason}`, { cause })
      }
      const event = keyStates.includes(reason) ? 'kms.key-state' : 'kms.unavailable'
      log.error(event, { operation, reason, ...fields, cause })
      throw fault('keys-unavailable', { retryAfterSeconds, cause })
    }
  }

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
    ensureAlias: async (alias) => {
      if (await aliasExists(alias)) return
      await ask('make a KMS key', { alias }, async (limit) => {
        const command = new CreateKeyCommand({ Description: `Robnu: wraps keys under ${alias}` })
        const TargetKeyId = (await client.send(command, limit)).KeyMetadata?.KeyId
        try {
          await client.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId }), limit)
        } catch (error) {
          if (nameOf(error) !== 'AlreadyExistsException') throw error
          // somebody else was quicker; nothing was wrapped under this key, and it costs money
          await client.send(
            new ScheduleKeyDeletionCommand({ KeyId: TargetKeyId, PendingWindowInDays: 7 }),
            limit,
          )
        }
      })
    },
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

const nameOf = (error: unknown): string => error instanceof Error ? error.name : typeof error

/** A copy of our own: the SDK's bytes may lie in a buffer that others read. */
const taken = (bytes: Uint8Array | undefined): Uint8Array => {
  if (bytes === undefined) throw new Error('KMS answered without a key')
  const own = new Uint8Array(bytes)
  bytes.fill(0)
  return own
}
