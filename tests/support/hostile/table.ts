/** What becomes of each attack at each level of trust; `core/host/README.md` shows it. */

/**
 * `refused`: the plugin gets an error. `kept in`: it happens, in the plugin's own process, and reaches
 * nobody else. `ended`: its process is ended, and the plugin is told failed with the cause.
 * `not fenced`: it succeeds.
 */
export type Outcome = 'refused' | 'kept in' | 'ended' | 'not fenced'

export interface AttackRow {
  readonly name: string
  readonly what: string
  /** In our process, on Node, and on Deno with the permissions of `deno task serve`. */
  readonly onNode: Outcome
  readonly onDeno: Outcome
  /** In its own process, on Node and on Deno. */
  readonly isolated: Outcome
  readonly isolatedOnDeno: Outcome
  /** What stops it, where something does; `both: …` of the two levels. */
  readonly by: string
  /** Of the cause that ops are told, where the process is ended. */
  readonly cause?: RegExp
}

type Outcomes = readonly [
  onNode: Outcome,
  onDeno: Outcome,
  isolated: Outcome,
  isolatedOnDeno?: Outcome,
]

const row = (
  name: string,
  what: string,
  [onNode, onDeno, isolated, isolatedOnDeno = isolated]: Outcomes,
  by: string,
  cause?: RegExp,
): AttackRow => ({
  ...{ name, what, onNode, onDeno, isolated, isolatedOnDeno, by },
  ...cause ? { cause } : {},
})

const openInOurs = ['not fenced', 'not fenced'] as const
const open = ['not fenced', 'not fenced', 'refused'] as const
const openOnNode = ['not fenced', 'refused', 'refused'] as const
const refused = ['refused', 'refused', 'refused'] as const
const keptIn = ['not fenced', 'not fenced', 'kept in'] as const
const ended = ['not fenced', 'not fenced', 'ended'] as const

const permissions = 'permissions of the process'
const noModule = 'no such module in the process'
const text = 'the text of every statement is read before it is sent'
const isolatedText = 'the text of every statement; its own login has no such grant'

export const attackTable: readonly AttackRow[] = [
  row('environment', 'reads a secret of the environment', open, 'an empty environment'),
  row('configuration-file', 'reads the configuration', open, permissions),
  row('key-file', 'reads a key beside the installation', openOnNode, permissions),
  row('system-file', 'reads a file of the system', openOnNode, permissions),
  row('files-of-a-process', 'reads what the system tells of a process', openOnNode, permissions),
  row('write-a-file', 'writes a file', openOnNode, permissions),
  row('module-of-the-core', 'imports a module of the core by its path', open, permissions),

  row('undeclared-host', 'asks a host that it does not declare', refused, 'the list of its hosts'),
  row(
    'declared-host-without-tls',
    'asks a declared host without encryption',
    refused,
    'the list of its hosts',
  ),
  row('raw-fetch', 'asks by fetch', open, permissions),
  row('raw-socket', 'opens a socket', open, noModule),
  row('raw-https', 'asks by node:http', open, noModule),
  row('raw-websocket', 'opens a WebSocket', open, permissions),
  row('name-lookup', 'looks up a name', open, noModule),
  row(
    'udp',
    'sends a datagram',
    ['not fenced', 'not fenced', 'refused', 'ended'],
    noModule,
    /net access/,
  ),

  row("another-plugin's-table", 'reads the table of another plugin', refused, isolatedText),
  row('people-and-sessions', 'reads people and sessions', refused, isolatedText),
  row('write-of-an-order', 'writes an order of the ledger', refused, isolatedText),
  row('write-of-the-audit-trail', 'deletes from the audit trail', refused, isolatedText),
  row('rows-of-another-seller', 'reads rows of another seller', refused, 'row security'),
  row('change-of-role', 'changes the role', refused, text),
  row(
    'change-of-seller',
    'sets the seller of the transaction',
    refused,
    `${text}; entries are signed`,
  ),
  row(
    'entry-of-its-own',
    'enters the scope of another seller',
    refused,
    `${text}; entries are signed`,
  ),
  row('two-statements', 'sends two statements at once', refused, text),
  row('end-of-the-transaction', 'commits', refused, text),
  row('copy-to-a-program', 'runs a program of the database server', refused, text),
  row('file-of-the-server', 'reads a file of the database server', refused, text),
  row('sleep-in-the-database', 'sleeps in the database', refused, text),
  row('lock-for-everybody', 'takes an advisory lock', refused, text),
  row('table-lock', 'locks a table', refused, text),
  row('text-run-as-sql', 'has a text run as SQL by a function', refused, text),
  row('anonymous-block', 'runs a block of PL/pgSQL', refused, text),
  row('new-table', 'makes a table outside of its migrations', refused, text),
  row("another's-queue", 'sends to a queue that is not its own', refused, 'the list of its queues'),
  row(
    'http-inside-a-transaction',
    'asks the marketplace while a transaction is open',
    refused,
    'the context counts open scopes',
  ),
  row('kept-transaction', 'keeps a transaction for later', refused, 'a scope ends with its work'),
  row(
    'kept-context',
    'keeps the context of one seller for a job of another',
    open,
    'a context ends with its call',
  ),

  row('prototype-of-objects', 'changes Object.prototype', keptIn, 'its own globals'),
  row('prototype-of-lists', 'changes Array.prototype', keptIn, 'its own globals'),
  row('promises', 'changes Promise.prototype', keptIn, 'its own globals'),
  row('parser-of-json', 'changes JSON', keptIn, 'its own globals'),
  row('global-fetch', 'changes fetch', keptIn, 'its own globals'),
  row('lists-of-the-contract', 'changes a list that robnu/plugin exports', keptIn, 'its own copy'),
  row(
    'brand-of-the-contract',
    'replaces a function of robnu/plugin',
    refused,
    'modules are read-only',
  ),
  row('commonjs', 'reads a file by an old module', openOnNode, permissions),
  row(
    'loader-hooks',
    'changes how modules are loaded',
    [...openInOurs, 'refused', 'kept in'],
    noModule,
  ),

  row('exit', 'ends the process', ended, 'its own process', /exited with code 3/),
  row('signal-to-the-host', 'sends a signal to the host', openOnNode, permissions),
  row('program', 'runs a program', openOnNode, permissions),
  row('worker-thread', 'starts a thread', [...openInOurs, 'refused', 'kept in'], noModule),
  row('native-code', 'loads native code', openOnNode, permissions),
  row('debugger', 'opens the debugger', open, noModule),

  row('busy-loop', 'computes without end', ended, 'a sign of life each second', /no sign of life/),
  row(
    'busy-and-polite',
    'computes all the time, with signs of life',
    ['not fenced', 'not fenced', 'not fenced'],
    'limits of the machine: a container, a cgroup',
  ),
  row('gibibyte-of-memory', 'takes 1 GiB of heap', ended, 'a limit of its heap', /memory/),
  row(
    'gibibyte-outside-of-the-heap',
    'takes 1 GiB outside of the heap',
    ended,
    'a limit of its memory',
    /memory/,
  ),
  row('answer-without-end', 'answers with 80 MiB', ended, 'a limit of its frames', /./),
  row('promise-without-end', 'never answers', ended, 'a limit of each call', /./),
  row(
    'rejection-of-nobody',
    'rejects a promise that nobody awaits',
    ended,
    'its own process',
    /of nobody/,
  ),
  row('error-in-a-timer', 'throws in a timer', ended, 'its own process', /of a timer/),
  row(
    'frames-of-its-own',
    'speaks to the host past its context',
    ended,
    'every frame is checked',
    /./,
  ),
  row(
    'secret-into-the-log',
    'writes a secret of its own account into the log',
    ['not fenced', 'not fenced', 'not fenced'],
    'the conformance kit finds it before',
  ),
]
