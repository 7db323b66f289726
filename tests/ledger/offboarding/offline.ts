/** The file that sellers run, as a module. */
interface Verdict {
  readonly ok: boolean
  readonly faults: readonly { readonly reason: string }[]
  readonly irrevocable: boolean
}
interface Offline {
  readonly verifyCertificate: (
    text: string,
    by: { readonly keys: { readonly keys: readonly object[] }; readonly now: Date },
  ) => Promise<Verdict>
  readonly textOf: (verdict: Verdict) => string
}
const file = new URL('../../../scripts/verify-certificate.mjs', import.meta.url)
export const { textOf, verifyCertificate }: Offline = await import(file.href)
