/** The operations of the KMS emulator that seal, open and make data keys. */
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { type Blob, type EncryptionContext, open, parseBlob, seal } from './kms-crypto.ts'
import { kmsError } from './kms-errors.ts'
import type { Keys } from './kms-keys.ts'
import { Algorithm, type Answer, base64, Bytes, Context, KeyId } from './kms-operation.ts'
import { operation, type Operations } from './kms-operation.ts'
import type { Key, State } from './kms-state.ts'

const maxPlainBytes = 4096 // of AWS: more is sealed under a data key
const algorithm = 'SYMMETRIC_DEFAULT'
const dataKeyBytes = { AES_256: 32, AES_128: 16 }

const DataKey = {
  KeyId,
  KeySpec: z.enum(['AES_256', 'AES_128']).optional(),
  NumberOfBytes: z.int().min(1).max(1024).optional(),
  EncryptionContext: Context,
}
type DataKey = z.output<z.ZodObject<typeof DataKey>>

export const dataOperations = (state: State, keys: Keys): Operations => {
  const openBlob = (bytes: Uint8Array, context: EncryptionContext, keyId?: string) => {
    const blob = parseBlob(bytes)
    const key = keyOf(blob, keyId)
    return { plain: open(key, blob, context), arn: keys.keyArn(key.id) }
  }
  const keyOf = (blob: Blob, keyId: string | undefined): Key => {
    if (!state.keys[blob.keyId]) throw kmsError('InvalidCiphertextException')
    if (keyId !== undefined && keys.find(keyId).id !== blob.keyId) {
      throw kmsError('IncorrectKeyException')
    }
    return keys.find(blob.keyId, ['Enabled'])
  }
  const makeDataKey = (input: DataKey): Answer & { Plaintext: string } => {
    const key = keys.find(input.KeyId, ['Enabled'])
    const plain = randomBytes(dataKeyLength(input))
    return {
      CiphertextBlob: base64(seal(key, plain, input.EncryptionContext)),
      KeyId: keys.keyArn(key.id),
      Plaintext: base64(plain),
    }
  }
  return {
    Encrypt: operation({
      KeyId,
      Plaintext: Bytes.refine(
        (bytes) => bytes.length >= 1 && bytes.length <= maxPlainBytes,
        `must have 1 to ${maxPlainBytes} bytes`,
      ),
      EncryptionContext: Context,
      EncryptionAlgorithm: Algorithm,
    }, (input) => {
      const key = keys.find(input.KeyId, ['Enabled'])
      return {
        CiphertextBlob: base64(seal(key, input.Plaintext, input.EncryptionContext)),
        KeyId: keys.keyArn(key.id),
        EncryptionAlgorithm: algorithm,
      }
    }),
    Decrypt: operation({
      KeyId: KeyId.optional(),
      CiphertextBlob: Bytes,
      EncryptionContext: Context,
      EncryptionAlgorithm: Algorithm,
    }, (input) => {
      const { plain, arn } = openBlob(input.CiphertextBlob, input.EncryptionContext, input.KeyId)
      return { Plaintext: base64(plain), KeyId: arn, EncryptionAlgorithm: algorithm }
    }),
    ReEncrypt: operation({
      CiphertextBlob: Bytes,
      SourceKeyId: KeyId.optional(),
      SourceEncryptionContext: Context,
      SourceEncryptionAlgorithm: Algorithm,
      DestinationKeyId: KeyId,
      DestinationEncryptionContext: Context,
      DestinationEncryptionAlgorithm: Algorithm,
    }, (input) => {
      const { CiphertextBlob, SourceEncryptionContext, SourceKeyId } = input
      const { plain, arn } = openBlob(CiphertextBlob, SourceEncryptionContext, SourceKeyId)
      const key = keys.find(input.DestinationKeyId, ['Enabled'])
      return {
        CiphertextBlob: base64(seal(key, plain, input.DestinationEncryptionContext)),
        SourceKeyId: arn,
        KeyId: keys.keyArn(key.id),
        SourceEncryptionAlgorithm: algorithm,
        DestinationEncryptionAlgorithm: algorithm,
      }
    }),
    GenerateDataKey: operation(DataKey, makeDataKey),
    GenerateDataKeyWithoutPlaintext: operation(DataKey, (input) => {
      const { Plaintext: _, ...rest } = makeDataKey(input)
      return rest
    }),
    GenerateRandom: operation({ NumberOfBytes: z.int().min(1).max(1024) }, (input) => ({
      Plaintext: base64(randomBytes(input.NumberOfBytes)),
    })),
  }
}

const dataKeyLength = ({ KeySpec, NumberOfBytes }: DataKey): number => {
  if ((KeySpec === undefined) === (NumberOfBytes === undefined)) {
    throw kmsError('ValidationException', 'Name either KeySpec or NumberOfBytes')
  }
  return KeySpec === undefined ? NumberOfBytes ?? 0 : dataKeyBytes[KeySpec]
}
