/** Files that a plugin writes part by part: exports, reports, archives of its own. */

export interface NewPluginFile {
  /**
   * A UUID of the plugin's making, for ever this file's: by it a killed job finds again what it has
   * written, and `url` finds the file.
   */
  readonly id: string
  /** `text/csv`, `application/x-ndjson`, `application/pdf`, …: it gives the name its extension. */
  readonly mime: string
  /** How long the file is there once it is whole: 1 to 366. */
  readonly keepDays: number
}
/**
 * Files below `exports/` in storage, encrypted by the seller's own key, with their SHA-256. A file is
 * there for others when it is whole and was read back, not before. No call inside of `scope` or `make`:
 * all of them ask the storage. While it does not answer they throw `unavailable` with the code
 * `storage-unavailable`.
 */
export interface PluginFiles {
  /**
   * Opens the file to write on. Whoever opens it last writes it: what an earlier `writer` still does
   * throws `rejected` with the code `writer-over`. `parts`: those that are there already.
   */
  readonly write: (
    file: NewPluginFile,
  ) => Promise<{ readonly writer: string; readonly parts: number }>
  /**
   * Stores a part, counted from 1: 5 to 16 MiB, the last one less. A part that is there is replaced,
   * and those behind it go.
   */
  readonly append: (writer: string, part: number, bytes: Uint8Array) => Promise<void>
  /**
   * Ends the file, and resolves when it was read back and is the parts that were sent; twice is as good
   * as once. Where it is not, it is empty again, and this throws `unavailable` with the code
   * `file-broken`: write it anew.
   */
  readonly finish: (
    writer: string,
  ) => Promise<{ readonly byteSize: number; readonly sha256: string }>
  /** Ends it for good, whole or not; nothing there is no error. */
  readonly remove: (id: string) => Promise<void>
  /**
   * An address that gives the file to whoever has it, for 1 to 3600 seconds; it answers `Range`, so that
   * a download that was cut off goes on. Throws `rejected` with the code `not-found` where there is no
   * whole file.
   */
  readonly url: (
    id: string,
    ask: { readonly fileName: string; readonly seconds: number },
  ) => Promise<string>
}

/** The marketplace accounts that a permission holds for. */
export interface Reach {
  /** Null: all but `except`; empty: none. */
  readonly only: readonly string[] | null
  readonly except: readonly string[]
}
