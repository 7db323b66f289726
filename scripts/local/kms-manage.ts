/** The operations of the KMS emulator that make, change and list keys, aliases and tags. */
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { newKeyMaterial } from './kms-crypto.ts'
import { kmsError } from './kms-errors.ts'
import type { Keys } from './kms-keys.ts'
import { Algorithm, KeyId, operation, type Operations, paging } from './kms-operation.ts'
import type { Key, State } from './kms-state.ts'

const dayMs = 86_400_000
const standardWindowDays = 30 // AWS's own default
const mostRotations = 25 // of one key on demand, as AWS allows

const seconds = (name: string, at: number | undefined) =>
  at === undefined ? {} : { [name]: at / 1000 }

const Tag = z.object({ TagKey: z.string().min(1), TagValue: z.string() })
const AliasName = z.string()

export const keyOperations = (state: State, keys: Keys, now: () => number): Operations => {
  const { find, keyArn, describe } = keys
  const create = (description: string, tags: z.infer<typeof Tag>[]): Key => ({
    id: randomUUID(),
    description,
    state: 'Enabled',
    createdAt: now(),
    rotates: false,
    rotationDays: 365, // AWS's own default
    rotations: [],
    versions: [newKeyMaterial()],
    tags: Object.fromEntries(tags.map((tag) => [tag.TagKey, tag.TagValue])),
  })
  /** An operation that names one key in one of the states, changes it and says nothing. */
  const change = (states: readonly Key['state'][], apply: (key: Key) => void) =>
    operation({ KeyId }, (input) => {
      apply(find(input.KeyId, states))
      return {}
    })
  return {
    CreateKey: operation({
      Description: z.string().default(''),
      KeySpec: Algorithm,
      CustomerMasterKeySpec: Algorithm,
      KeyUsage: z.literal('ENCRYPT_DECRYPT').optional(),
      Origin: z.literal('AWS_KMS').optional(),
      MultiRegion: z.literal(false).optional(),
      // accepted and not enforced: whoever reaches the emulator may do everything
      Policy: z.string().optional(),
      BypassPolicyLockoutSafetyCheck: z.boolean().optional(),
      Tags: z.array(Tag).default([]),
    }, (input) => {
      const key = create(input.Description, input.Tags)
      state.keys[key.id] = key
      return { KeyMetadata: describe(key) }
    }),
    DescribeKey: operation({ KeyId }, (input) => ({ KeyMetadata: describe(find(input.KeyId)) })),
    ListKeys: operation(paging, () => ({
      Keys: Object.keys(state.keys).map((id) => ({ KeyId: id, KeyArn: keyArn(id) })),
      Truncated: false,
    })),
    EnableKey: change(['Enabled', 'Disabled'], (key) => key.state = 'Enabled'),
    DisableKey: change(['Enabled', 'Disabled'], (key) => key.state = 'Disabled'),
    EnableKeyRotation: operation({
      KeyId,
      RotationPeriodInDays: z.int().min(90).max(2560).optional(),
    }, (input) => {
      const key = find(input.KeyId, ['Enabled'])
      if (!key.rotates) key.rotatesSince = now()
      key.rotates = true
      key.rotationDays = input.RotationPeriodInDays ?? key.rotationDays
      return {}
    }),
    DisableKeyRotation: change(['Enabled'], (key) => key.rotates = false),
    GetKeyRotationStatus: operation({ KeyId }, (input) => {
      const key = find(input.KeyId)
      return {
        KeyId: keyArn(key.id),
        KeyRotationEnabled: key.rotates,
        ...(key.rotates ? { RotationPeriodInDays: key.rotationDays } : {}),
        ...seconds('NextRotationDate', keys.nextRotation(key)),
      }
    }),
    ListKeyRotations: operation({ ...paging, KeyId }, (input) => {
      const key = find(input.KeyId)
      return {
        Rotations: key.rotations.map(({ at, type }) => ({
          KeyId: keyArn(key.id),
          RotationDate: at / 1000,
          RotationType: type,
        })),
        Truncated: false,
      }
    }),
    RotateKeyOnDemand: operation({ KeyId }, (input) => {
      const key = find(input.KeyId, ['Enabled'])
      if (key.rotations.filter(({ type }) => type === 'ON_DEMAND').length >= mostRotations) {
        throw kmsError('LimitExceededException', `${keyArn(key.id)} was rotated too often`)
      }
      key.versions.push(newKeyMaterial())
      key.rotations.push({ at: now(), type: 'ON_DEMAND' })
      return { KeyId: keyArn(key.id) }
    }),
    ScheduleKeyDeletion: operation({
      KeyId,
      PendingWindowInDays: z.int().min(7).max(30).default(standardWindowDays),
    }, (input) => {
      const key = find(input.KeyId, ['Enabled', 'Disabled'])
      key.state = 'PendingDeletion'
      key.deleteAt = now() + input.PendingWindowInDays * dayMs
      return {
        KeyId: keyArn(key.id),
        DeletionDate: key.deleteAt / 1000,
        KeyState: key.state,
        PendingWindowInDays: input.PendingWindowInDays,
      }
    }),
    CancelKeyDeletion: operation({ KeyId }, (input) => {
      const key = find(input.KeyId, ['PendingDeletion'])
      key.state = 'Disabled'
      delete key.deleteAt
      return { KeyId: keyArn(key.id) }
    }),
  }
}

export const aliasOperations = (state: State, keys: Keys): Operations => {
  const assertThere = (name: string): void => {
    if (state.aliases[name] === undefined) {
      throw kmsError('NotFoundException', `Alias ${keys.aliasArn(name)} is not found.`)
    }
  }
  return {
    CreateAlias: operation({ AliasName, TargetKeyId: KeyId }, (input) => {
      const name = input.AliasName
      if (!/^alias\/(?!aws\/)[\w/-]+$/.test(name)) throw kmsError('InvalidAliasNameException')
      if (state.aliases[name] !== undefined) {
        throw kmsError('AlreadyExistsException', `An alias with the name ${name} already exists`)
      }
      state.aliases[name] = keys.find(input.TargetKeyId, ['Enabled', 'Disabled']).id
      return {}
    }),
    UpdateAlias: operation({ AliasName, TargetKeyId: KeyId }, (input) => {
      assertThere(input.AliasName)
      state.aliases[input.AliasName] = keys.find(input.TargetKeyId, ['Enabled', 'Disabled']).id
      return {}
    }),
    DeleteAlias: operation({ AliasName }, (input) => {
      assertThere(input.AliasName)
      delete state.aliases[input.AliasName]
      return {}
    }),
    ListAliases: operation({ ...paging, KeyId: KeyId.optional() }, (input) => {
      const only = input.KeyId === undefined ? undefined : keys.find(input.KeyId).id
      const shown = Object.entries(state.aliases).filter(([, id]) =>
        only === undefined || id === only
      )
      return {
        Aliases: shown.map(([AliasName, id]) => ({
          AliasName,
          AliasArn: keys.aliasArn(AliasName),
          TargetKeyId: id,
        })),
        Truncated: false,
      }
    }),
  }
}

export const tagOperations = (keys: Keys): Operations => ({
  TagResource: operation({ KeyId, Tags: z.array(Tag) }, (input) => {
    const key = keys.find(input.KeyId, ['Enabled', 'Disabled'])
    for (const tag of input.Tags) key.tags[tag.TagKey] = tag.TagValue
    return {}
  }),
  UntagResource: operation({ KeyId, TagKeys: z.array(z.string()) }, (input) => {
    const key = keys.find(input.KeyId, ['Enabled', 'Disabled'])
    for (const name of input.TagKeys) delete key.tags[name]
    return {}
  }),
  ListResourceTags: operation({ ...paging, KeyId }, (input) => ({
    Tags: Object.entries(keys.find(input.KeyId).tags).map(([TagKey, TagValue]) => ({
      TagKey,
      TagValue,
    })),
    Truncated: false,
  })),
})
