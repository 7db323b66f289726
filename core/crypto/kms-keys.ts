/** What becomes of a KMS key: how it stands, and its end. */
import {
  DescribeKeyCommand,
  EnableKeyRotationCommand,
  GetKeyRotationStatusCommand,
  type KMSClient,
  ListAliasesCommand,
  ListKeyRotationsCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import { type CallLimit, nameOf } from './kms-call.ts'

export interface KeyDescription {
  readonly keyId: string
  /** AWS's word: `Enabled`, `Disabled`, `PendingDeletion`. */
  readonly state: string
  /** Of one that is to be deleted. */
  readonly deletionDate: Date | null
  /** Once a year by itself; null where our credentials may not ask. */
  readonly rotationEnabled: boolean | null
  /** Null: never, or our credentials may not ask. */
  readonly lastRotated: Date | null
}

export const describeKey = async (
  client: KMSClient,
  alias: string,
  limit: CallLimit,
): Promise<KeyDescription | null> => {
  const found = await unless(
    'NotFoundException',
    client.send(new DescribeKeyCommand({ KeyId: alias }), limit),
  )
  const key = found?.KeyMetadata
  if (key?.KeyId === undefined) return null
  const named = { KeyId: key.KeyId }
  const [status, rotations] = await Promise.all([
    unless('AccessDeniedException', client.send(new GetKeyRotationStatusCommand(named), limit)),
    unless('AccessDeniedException', client.send(new ListKeyRotationsCommand(named), limit)),
  ])
  const dates = (rotations?.Rotations ?? []).flatMap(({ RotationDate }) => RotationDate ?? [])
  return {
    keyId: key.KeyId,
    state: key.KeyState ?? 'unknown',
    deletionDate: key.DeletionDate ?? null,
    rotationEnabled: status?.KeyRotationEnabled ?? null,
    lastRotated: dates.toSorted((a, b) => a.getTime() - b.getTime()).at(-1) ?? null,
  }
}

/** New material every year, where our credentials may ask for it. */
export const rotateYearly = async (
  client: KMSClient,
  keyId: string | undefined,
  limit: CallLimit,
): Promise<void> => {
  await unless(
    'AccessDeniedException',
    client.send(new EnableKeyRotationCommand({ KeyId: keyId }), limit),
  )
}

export const scheduleDeletion = async (
  client: KMSClient,
  alias: string,
  days: number,
  limit: CallLimit,
): Promise<Date | null> => {
  const pending = async () => {
    const described = new DescribeKeyCommand({ KeyId: alias })
    const found = await unless('NotFoundException', client.send(described, limit))
    return found?.KeyMetadata ?? null
  }
  const key = await pending()
  if (key === null) return null
  if (key.DeletionDate) return key.DeletionDate
  const { Aliases = [] } = await client.send(new ListAliasesCommand({ KeyId: key.KeyId }), limit)
  const others = Aliases.filter(({ AliasName }) => AliasName !== alias)
  if (others.length > 0) {
    throw Object.assign(new Error(`${others.length} other aliases lead to the key of "${alias}"`), {
      name: 'ValidationException',
    })
  }
  const schedule = new ScheduleKeyDeletionCommand({ KeyId: key.KeyId, PendingWindowInDays: days })
  const asked = await unless('KMSInvalidStateException', client.send(schedule, limit))
  // somebody else was quicker: theirs is the date
  return asked?.DeletionDate ?? (await pending())?.DeletionDate ?? null
}

/** Null for the refusal that is an answer, and for what an emulator does not have. */
const unless = async <T>(refusal: string, work: Promise<T>): Promise<T | null> => {
  try {
    return await work
  } catch (error) {
    const answers = [refusal, 'UnknownOperationException', 'UnsupportedOperationException']
    if (answers.includes(nameOf(error))) return null
    throw error
  }
}
