/** Starts a script as its users do, on the runtime that runs this. */
import { spawn } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** `runtime` is another program than the one that runs this, with what stands before the script. */
export const ask = (
  script: URL,
  args: readonly string[],
  runtime: readonly string[] = 'Deno' in globalThis
    ? [process.execPath, 'run', '--no-prompt', '--allow-read']
    : [process.execPath],
): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const [program = '', ...before] = runtime
    const child = spawn(program, [...before, fileURLToPath(script), ...args], {
      env: { ...process.env, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let [out, err] = ['', '']
    child.stdout.on('data', (text) => out += text)
    child.stderr.on('data', (text) => err += text)
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, out, err }))
  })
