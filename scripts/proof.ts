/** `npm run proof`: the long proofs, one after the other; `npm run proof -- real-file` runs one. */
import { readdirSync } from 'node:fs'
import process from 'node:process'

/** What a proof found; throws where it fails. */
export interface Proof {
  readonly name: string
  readonly figures: Readonly<Record<string, unknown>>
}

const folder = new URL('./proof/', import.meta.url)
const say = (line: string): void => void process.stdout.write(`${line}\n`)

const main = async (): Promise<void> => {
  const asked = process.argv.slice(2)
  const known = readdirSync(folder).filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -3))
  const unknown = asked.filter((name) => !known.includes(name))
  if (unknown.length > 0) throw new Error(`No proof "${unknown[0]}": there are ${known.join(', ')}`)
  for (const name of asked.length > 0 ? asked : known) {
    say(`Proof: ${name}`)
    const module: { run: () => Promise<Proof> } = await import(new URL(`${name}.ts`, folder).href)
    const { figures } = await module.run()
    say(`Proved: ${name} ${JSON.stringify(figures)}`)
  }
}

main().then(
  () => process.exit(),
  (error) => {
    process.stderr.write(`${error instanceof Error ? error.stack : error}\n`)
    process.exit(1)
  },
)
