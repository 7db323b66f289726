/** Does what a page says: runs its commands and makes its edits, in one folder after the other. */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { findFreePort } from '../../scripts/local/ports.ts'
import { cleanEnvironment } from '../../scripts/proof/support/environment.ts'
import { leftRunning } from '../start/launcher.ts'
import { applied, type Block, fileOf } from './blocks.ts'

const project = fileURLToPath(new URL('../..', import.meta.url))
const linker = fileURLToPath(new URL('link-packages.ts', import.meta.url))
const onDeno = 'Deno' in globalThis

/** Packages come from the project's node_modules, through npm itself, without a network. */
const withoutNetwork = `npm() {
  if [ "$1" = install ]; then '${process.execPath}' ${onDeno ? 'run -A ' : ''}'${linker}' "$PWD"; fi
  command npm "$@"
}`
/** What the page tells a reader on Deno to say instead. */
const saidOnDeno = `npm() {
  if [ "$1" = install ]; then '${process.execPath}' run -A '${linker}' "$PWD"; fi
  case "$1" in
    test) deno task test ;;
    run) shift; task=$1; shift; [ "\${1:-}" != -- ] || shift; deno task "$task" "$@" ;;
    *) command npm "$@" ;;
  esac
}
npx() {
  shift
  if [ -e scripts/robnu.mjs ]; then deno task robnu "$@"
  else deno run -A node_modules/robnu/scripts/robnu.mjs "$@"; fi
}`

export interface Reader {
  /** Rejects with what was said when a command fails; resolves to it. */
  readonly does: (block: Block) => Promise<string>
  /** Ctrl-C in the terminal; resolves to what still runs after that. */
  readonly ends: () => Promise<readonly string[]>
}

export const openReader = async (afternoon: string): Promise<Reader> => {
  const env = {
    ...cleanEnvironment(),
    AFTERNOON: afternoon,
    PORT: String(await findFreePort()),
    // the page asks for Node 24, and for Deno's reader too: npm installs by it
    PATH: [dirname(process.execPath), join(project, 'node_modules/node/bin'), process.env['PATH']]
      .join(':'),
    npm_config_offline: 'true',
    npm_config_cache: join(afternoon, 'npm-cache'),
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    NO_COLOR: '1',
  }
  const groups: number[] = []
  const place = join(afternoon, 'place')

  const types = (commands: string): Promise<string> => {
    const cwd = existsSync(place) ? readFileSync(place, 'utf8').trim() : project
    const script = `set -euo pipefail\n${onDeno ? saidOnDeno : withoutNetwork}\n${commands}\n` +
      `pwd > '${place}'`
    // a group of its own: what it leaves running gets the Ctrl-C of its terminal
    const shell = spawn('bash', ['-c', script], { cwd, env, detached: true })
    if (shell.pid !== undefined) groups.push(shell.pid)
    let said = ''
    for (const stream of [shell.stdout, shell.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => said += text)
    }
    return new Promise((resolve, reject) => {
      shell.once('error', reject)
      // not `close`: what goes on running holds the pipes
      shell.once('exit', (code) => {
        if (code === 0) setTimeout(() => resolve(said), 50)
        else reject(new Error(`ended with ${code}:\n${commands}\n${said.slice(-4_000)}`))
      })
    })
  }
  const edits = (diff: string): Promise<string> => {
    const file = join(afternoon, fileOf(diff))
    writeFileSync(file, applied(readFileSync(file, 'utf8'), diff))
    return Promise.resolve('')
  }
  return {
    does: ({ kind, text }) => kind === 'sh' ? types(text) : edits(text),
    ends: () => {
      for (const group of groups) interrupt(group)
      return leftRunning(afternoon)
    },
  }
}

const interrupt = (group: number): void => {
  try {
    process.kill(-group, 'SIGINT')
  } catch {
    // all of it has ended
  }
}
