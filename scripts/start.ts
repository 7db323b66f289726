/** `robnu start`, by the name that `npm start` calls. */
import process from 'node:process'
import { main } from './robnu.ts'

await main(['start', ...process.argv.slice(2)])
