/** The process's secrets by number: what is stored tells which one it was made with. */
import { deriveKey } from './derive.ts'

export interface NumberedSecrets {
  /** What new things are made with. */
  readonly current: number
  /** 32 bytes for one use; undefined when there is no secret of this number (any more). */
  readonly keyFor: (number: number, purpose: string) => Uint8Array | undefined
}

/**
 * Number 0 is the process's one secret, until `numbered` says else; the highest number is current. To
 * change the secret, its old text becomes number 0 and a new one gets the next number.
 */
export const numberSecrets = (
  secret: string,
  numbered: Readonly<Record<string, string>> = {},
): NumberedSecrets => {
  const secrets = new Map<number, string>([[0, secret]])
  for (const [number, text] of Object.entries(numbered)) secrets.set(Number(number), text)
  const keys = new Map<string, Uint8Array>()
  return {
    current: Math.max(...secrets.keys()),
    keyFor: (number, purpose) => {
      const text = secrets.get(number)
      if (text === undefined) return undefined
      const name = `${number} ${purpose}`
      const key = keys.get(name) ?? deriveKey(text, purpose)
      keys.set(name, key)
      return key
    },
  }
}
