/** `robnu openapi`: the document of the API, with the routes of the enabled plugins. */
import { parseArgs } from 'node:util'
import type { Command } from '../command.ts'

export const openapiCommand: Command = {
  name: 'openapi',
  summary: 'Prints the OpenAPI document, with the routes of the enabled plugins',
  usage: `Usage: robnu openapi [--pretty]

  --pretty   with line breaks

The same document as a running process serves at /openapi.json; no database is needed. The plugins are
those of robnu.config.json, or of ROBNU_PLUGINS and ROBNU_CONFIG.`,
  changes: false,
  run: async (args, io) => {
    const { values } = parseArgs({ args: [...args], options: { pretty: { type: 'boolean' } } })
    const { readDocument } = await import('../read-document.ts')
    const document = await readDocument(io.env)
    const value: unknown = JSON.parse(document)
    io.say(values.pretty ? JSON.stringify(value, null, 2) : document)
    io.result(value)
    return 0
  },
}
