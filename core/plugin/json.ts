/** Reading JSON so that amounts stay what stands there. */

/** As `JSON.parse`; `exact`: every number comes as its own text. */
export const parseJson = (text: string, exact = false): unknown =>
  exact ? JSON.parse(text, keepNumbers) : JSON.parse(text)

const keepNumbers = (_key: string, value: unknown, context?: { readonly source?: string }) =>
  typeof value === 'number' ? context?.source ?? String(value) : value

/** A refusal in JSON that ends in its middle: another attempt hears the whole of it. */
export const isCutRefusal = (
  { status, headers, text }: {
    readonly status: number
    readonly headers: Headers
    readonly text: string
  },
): boolean =>
  status >= 400 && status < 500 && status !== 429 && /^\s*[[{]/.test(text) &&
  /[/+]json/i.test(headers.get('content-type') ?? '') && !isJson(text)

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
