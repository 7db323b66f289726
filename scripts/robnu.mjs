#!/usr/bin/env node
/**
 * `npx robnu`: plain JavaScript, because it may be started by a Node that cannot read our sources. It
 * then goes on with the Node of node_modules.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const least = 24
const isOld = !('Deno' in globalThis) && Number(process.versions.node.split('.')[0]) < least
const pathOf = (path) => fileURLToPath(new URL(path, import.meta.url))

/** In a packed installation the same file is JavaScript. */
const entry = existsSync(pathOf('robnu.ts')) ? 'robnu.ts' : 'robnu.js'

const goOn = () => {
  const node = [
    '../node_modules/node/bin/node',
    '../../node/bin/node',
    '../node_modules/node/bin/node.exe',
  ]
    .map(pathOf).find(existsSync)
  if (node === undefined) {
    process.stderr.write(
      `Cannot run robnu: this is Node ${process.versions.node}, it needs ${least} or newer. ` +
        'In a clone "npm ci" brings one along\n',
    )
    process.exit(1)
  }
  const child = spawn(node, [pathOf(import.meta.url.split('/').at(-1)), ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  // a terminal asks the child as well; who asks this process alone means the child, too
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    process.stderr.write(`Cannot run robnu: ${error.message}\n`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)))
}

if (isOld) goOn()
else (await import(`./${entry}`)).main(process.argv.slice(2))
