/** Integrity: what a plugin from outside is made of, as one text that the configuration pins. */
import { lstat, readdir, readFile, readlink, realpath, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A plugin is text: what is larger is no plugin, or a folder that holds other things as well. */
const maxFiles = 5_000
const maxBytes = 64 * 1024 * 1024
/** What it depends on is held by the lock file of who installs it, by the same kind of digest. */
const leftOut: readonly string[] = ['node_modules', '.git']

/**
 * `sha256-<base64>` over every file of the plugin's package: its path, its contents, and whether it
 * can be run. A path inside of the package stands for all of it. Throws an error in words for ops.
 */
export const integrityOf = async (folderOrFile: string): Promise<string> => {
  const isFolder = (await stat(folderOrFile)).isDirectory()
  const place = await realpath(isFolder ? folderOrFile : dirname(folderOrFile))
  return await digestOf(await packageOf(place))
}

/**
 * The fault of an entry, found before anything of it is imported; undefined when it may be. What lies
 * outside of the project needs the digest in the configuration, and must be what it says.
 */
export const integrityFault = async (
  { use, integrity }: { readonly use: string; readonly integrity: string | undefined },
  url: string,
  configDir: string,
): Promise<string | undefined> => {
  if (!url.startsWith('file:')) {
    // a package that is not there says so when it is imported; all else is no place for a plugin
    return /^[a-z][a-z0-9+.-]*:/i.test(url)
      ? 'must be a package that is installed, or a path: nothing is loaded from elsewhere'
      : undefined
  }
  const file = fileURLToPath(url)
  // the import says better what is missing
  if (!await isThere(file)) return undefined
  if (integrity === undefined && await isOfTheProject(file, configDir)) return undefined
  const found = await pinOf(use, file).catch((error: unknown) => ({
    why: error instanceof Error ? error.message : String(error),
  }))
  if (typeof found !== 'string') return `cannot be pinned: ${found.why}`
  if (integrity === undefined) {
    return `is not of this project and has no integrity: look at what it is, then write "integrity": "${found}" into its entry, or run "robnu plugins add ${use}"`
  }
  if (integrity === found) return undefined
  return `its files are "${found}" and the configuration pins "${integrity}", so nothing of it was loaded: install what was pinned, or look at what has changed and write the new value ("robnu plugins verify" shows it)`
}

const isThere = async (file: string): Promise<boolean> => {
  try {
    return (await stat(file)).isFile()
  } catch (error) {
    const { code } = error as { code?: unknown }
    if (code === 'ENOENT' || code === 'ENOTDIR') return false
    throw error
  }
}

/** The digest of the package that the file belongs to, when it is the one that the entry names. */
const pinOf = async (use: string, file: string): Promise<string> => {
  const folder = await packageOf(await realpath(dirname(file)))
  const isNamed = !use.startsWith('.') && !use.startsWith('file:') && !isAbsolute(use)
  const name = /^(?:@[^/]+\/)?[^/]+/.exec(use)?.[0] ?? use
  const isIt = !isNamed || await nameOf(folder) === name ||
    folder.endsWith(join(sep, 'node_modules', ...name.split('/')))
  if (!isIt || !isInside(await realpath(file), folder)) {
    throw new Error(`its entry leads out of the package, to a file that no digest covers`)
  }
  return await digestOf(folder)
}

const coreFolder = fileURLToPath(new URL('../..', import.meta.url))

/** Beside the configuration, or beside the core itself; never a dependency of either. */
const isOfTheProject = async (file: string, configDir: string): Promise<boolean> => {
  const real = await realpath(file)
  const places = await Promise.all([configDir, coreFolder].map((place) => realpath(place)))
  return places.some((place) => isInside(real, place))
}

/** False also for what lies in a folder that is left out. */
const isInside = (path: string, folder: string): boolean => {
  const way = relative(folder, path)
  const parts = way.split(sep)
  return !isAbsolute(way) && parts[0] !== '..' && !parts.some((part) => leftOut.includes(part))
}

/**
 * The nearest folder upwards with a named package.json; else the folder itself, also for a plugin that lies
 * in our own tree: the rest of it, with the databases of `npm start`, is none of the plugin's.
 */
const packageOf = async (folder: string): Promise<string> => {
  const house = await realpath(coreFolder)
  for (let at = folder;; at = dirname(at)) {
    if (await nameOf(at) !== undefined) return at === house ? folder : at
    // what lies above belongs to somebody else
    if (dirname(at) === at || leftOut.includes(at.split(sep).at(-1) ?? '')) return folder
  }
}

const nameOf = async (folder: string): Promise<string | undefined> => {
  try {
    const { name } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
    return typeof name === 'string' && name !== '' ? name : undefined
  } catch {
    return undefined
  }
}

const digestOf = async (folder: string): Promise<string> => {
  const lines: string[] = []
  let bytes = 0
  for (const path of await pathsOf(folder)) {
    const at = join(folder, path)
    const entry = await lstat(at)
    const name = JSON.stringify(path.split(sep).join('/'))
    if (entry.isSymbolicLink()) {
      const target = await readlink(at)
      const leads = await realpath(at).catch(() => resolve(dirname(at), target))
      if (!isInside(leads, folder)) {
        throw new Error(`${name} is a link that leads out of its folder`)
      }
      lines.push(`link ${JSON.stringify(target)} ${name}`)
      continue
    }
    if (!entry.isFile()) throw new Error(`${name} is neither a file nor a folder`)
    bytes += entry.size
    if (bytes > maxBytes) throw new Error(`"${folder}" holds more than ${maxBytes} bytes: ${own}`)
    const isRun = (entry.mode & 0o100) !== 0
    lines.push(
      `${isRun ? 'run' : 'file'} ${await sha256(new Uint8Array(await readFile(at)))} ${name}`,
    )
  }
  if (lines.length === 0) throw new Error(`"${folder}" holds no file`)
  return `sha256-${await sha256(new TextEncoder().encode(lines.join('\n')))}`
}

const own = 'give the plugin a folder with a package.json of its own'

/** Every file and link below the folder, in the order of their code units on any machine. */
const pathsOf = async (folder: string): Promise<readonly string[]> => {
  const found: string[] = []
  const walk = async (below: string): Promise<void> => {
    for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
      if (leftOut.includes(entry.name)) continue
      const path = join(below, entry.name)
      if (entry.isDirectory()) await walk(path)
      else if (found.push(path) > maxFiles) {
        throw new Error(`"${folder}" holds more than ${maxFiles} files: ${own}`)
      }
    }
  }
  await walk('')
  return found.sort()
}

const sha256 = async (bytes: Uint8Array<ArrayBuffer>): Promise<string> => {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return btoa(String.fromCharCode(...digest))
}
