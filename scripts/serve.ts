/** `robnu serve` without any other word: what a launcher starts, and Deno with few permissions. */
import process from 'node:process'
import { main } from './robnu.ts'

await main(['serve', ...process.argv.slice(2)])
