/** Refusals of the KMS emulator, by the names of AWS: clients choose what to do by them. */

export interface KmsError extends Error {
  readonly type: string
}

const brand = Symbol.for('robnu.local-kms-error')

export const kmsError = (type: string, message: string = type): KmsError =>
  Object.assign(new Error(message), { [brand]: true, type })

export const isKmsError = (error: unknown): error is KmsError =>
  error instanceof Error && brand in error
