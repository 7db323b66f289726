/** A plugin of this project as an outside one: copied into a folder where it finds `robnu` and zod. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const project = fileURLToPath(new URL('../../..', import.meta.url))

export interface Outside {
  /** Holds the folder of the configuration, and that of each plugin. */
  readonly folder: string
  readonly configFile: string
  /** Copies the folder of a plugin; answers what the configuration calls it. */
  readonly copy: (from: string, name: string) => string
  readonly write: (path: string, text: string) => void
  readonly remove: () => void
}

export const outside = (): Outside => {
  const folder = mkdtempSync(join(tmpdir(), 'robnu-outside-'))
  const write = (path: string, text: string) => {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  // as `npm install` would have it: beside the plugin, and not in it
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(project, join(folder, 'node_modules', 'robnu'))
  symlinkSync(join(project, 'node_modules', 'zod'), join(folder, 'node_modules', 'zod'))
  write('house/robnu.config.json', '{ "plugins": [] }\n')
  return {
    folder,
    configFile: join(folder, 'house', 'robnu.config.json'),
    write,
    copy: (from, name) => {
      cpSync(join(project, from), join(folder, name), { recursive: true })
      write(join(name, 'package.json'), `{ "name": "${name}", "type": "module" }\n`)
      return `../${name}`
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
