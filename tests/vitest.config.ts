import process from 'node:process'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    include: [
      'tests/**/*.test.ts',
      'core/**/*.test.ts',
      '{plugins,marketplaces}/*/tests/**/*.test.ts',
      // too long for the suite: `npm run proof` names the file that it wants
      ...process.env['ROBNU_PROOFS'] ? ['{tests,marketplaces}/**/*.proof.ts'] : [],
    ],
    exclude: [
      '**/node_modules/**',
      '.robnu/**',
      // all of it is `npm run proof -- conformance`; the suite has tests/conformance/marketplaces
      ...process.env['ROBNU_SUITE'] ? ['marketplaces/*/tests/conformance.test.ts'] : [],
    ],
    setupFiles: ['tests/support/opens-set-up.ts'],
    globalSetup: ['tests/support/global-setup.ts'],
    // Deno runs vitest's workers as processes only
    pool: 'forks',
    // a process for each of four hundred files costs two minutes; modules and the environment are shared,
    // and the rule `shared-hook` of the house keeps what that breaks
    isolate: false,
    // two more than processors: many tests wait for a process, a queue or a lease
    maxWorkers: 4,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    allowOnly: false,
    passWithNoTests: false,
  },
})
