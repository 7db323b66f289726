/** Keys and aliases of the KMS emulator: find, describe, forget. */
import { newKeyMaterial } from './kms-crypto.ts'
import { kmsError } from './kms-errors.ts'
import type { Key, State } from './kms-state.ts'

export interface Place {
  readonly region: string
  readonly account: string
}

export interface Keys {
  /** By id, ARN, alias or alias ARN, in one of the states when they are named. */
  readonly find: (ref: string, states?: readonly Key['state'][]) => Key
  readonly keyArn: (id: string) => string
  readonly aliasArn: (name: string) => string
  readonly describe: (key: Key) => Record<string, unknown>
  /** When a key gets new material by itself; undefined: never. */
  readonly nextRotation: (key: Key) => number | undefined
  /** What the clock has brought: keys that are gone, and new material. True when there was any. */
  readonly settle: () => boolean
}

export const keysOf = (state: State, place: Place, now: () => number): Keys => {
  const arn = (tail: string): string => `arn:aws:kms:${place.region}:${place.account}:${tail}`
  const keyArn = (id: string): string => arn(`key/${id}`)

  const find: Keys['find'] = (ref, states) => {
    const tail = ref.replace(/^arn:aws:kms:[^:]*:[^:]*:/, '').replace(/^key\//, '')
    const id = tail.startsWith('alias/') ? state.aliases[tail] ?? '' : tail
    const key = Object.hasOwn(state.keys, id) ? state.keys[id] : undefined
    if (!key) throw kmsError('NotFoundException', `Key '${ref}' does not exist`)
    if (states && !states.includes(key.state)) {
      const type = key.state === 'Disabled' ? 'DisabledException' : 'KMSInvalidStateException'
      throw kmsError(type, `${keyArn(key.id)} is ${wordFor[key.state]}.`)
    }
    return key
  }

  const forgetDue = (): boolean => {
    const due = Object.values(state.keys).filter((key) => (key.deleteAt ?? Infinity) <= now())
    for (const { id } of due) {
      delete state.keys[id]
      for (const [name, target] of Object.entries(state.aliases)) {
        if (target === id) delete state.aliases[name]
      }
    }
    return due.length > 0
  }
  const nextRotation: Keys['nextRotation'] = ({ rotates, rotations, rotationDays, ...key }) => {
    if (!rotates || key.state === 'PendingDeletion') return undefined
    const last = rotations.findLast(({ type }) => type === 'AUTOMATIC')?.at ?? -Infinity
    return Math.max(last, key.rotatesSince ?? key.createdAt) + rotationDays * dayMs
  }
  const rotateDue = (): boolean => {
    // a disabled key waits until it is enabled
    const enabled = Object.values(state.keys).filter((key) => key.state === 'Enabled')
    let any = false
    for (const key of enabled) {
      for (let at = nextRotation(key); at !== undefined && at <= now(); at = nextRotation(key)) {
        key.versions.push(newKeyMaterial())
        key.rotations.push({ at, type: 'AUTOMATIC' })
        any = true
      }
    }
    return any
  }

  const describe = (key: Key): Record<string, unknown> => ({
    KeyId: key.id,
    Arn: keyArn(key.id),
    AWSAccountId: place.account,
    CreationDate: key.createdAt / 1000,
    Enabled: key.state === 'Enabled',
    Description: key.description,
    KeyUsage: 'ENCRYPT_DECRYPT',
    KeyState: key.state,
    ...(key.deleteAt === undefined ? {} : { DeletionDate: key.deleteAt / 1000 }),
    Origin: 'AWS_KMS',
    KeyManager: 'CUSTOMER',
    KeySpec: 'SYMMETRIC_DEFAULT',
    CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
    EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
    MultiRegion: false,
  })

  const settle = (): boolean => {
    const forgotten = forgetDue()
    return rotateDue() || forgotten
  }
  return { find, keyArn, aliasArn: arn, describe, nextRotation, settle }
}

const dayMs = 86_400_000
const wordFor = { Enabled: 'enabled', Disabled: 'disabled', PendingDeletion: 'pending deletion' }
