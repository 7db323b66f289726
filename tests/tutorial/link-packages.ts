/**
 * Gives a folder the packages of the project, as hard links: npm finds there what it is asked to
 * install, and needs no network. What nobody asked for it removes again.
 */
import { copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { readlinkSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const project = fileURLToPath(new URL('../..', import.meta.url))
/** Large, and wanted by nobody who writes or runs a plugin. */
const left = /^node_modules\/(?:node|deno|@deno\/.*|playwright-core|knip|vite|vitest|@vitest\/.*)$/

const linkAll = (from: string, to: string): void => {
  mkdirSync(to, { recursive: true })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    // packages inside of others are packages of their own
    if (entry.isDirectory()) entry.name === 'node_modules' || linkAll(source, target)
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target)
    else link(source, target)
  }
}

/** A hard link ends at the border of a file system. */
const link = (source: string, target: string): void => {
  try {
    linkSync(source, target)
  } catch {
    copyFileSync(source, target)
  }
}

const linkPackages = (folder: string): void => {
  if (existsSync(join(folder, 'node_modules'))) return
  const lock = readFileSync(join(project, 'node_modules/.package-lock.json'), 'utf8')
  const { packages }: { packages: Readonly<Record<string, object>> } = JSON.parse(lock)
  for (const path of Object.keys(packages)) {
    if (left.test(path) || !existsSync(join(project, path))) continue
    linkAll(join(project, path), join(folder, path))
  }
  // npm takes a package whose command is missing for one that is not whole
  const [bins, ours] = [join(folder, 'node_modules/.bin'), join(project, 'node_modules/.bin')]
  mkdirSync(bins)
  for (const name of readdirSync(ours)) {
    const target = readlinkSync(join(ours, name))
    if (existsSync(join(bins, target))) symlinkSync(target, join(bins, name))
  }
}

linkPackages(process.argv[2] ?? '')
