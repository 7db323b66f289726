/** `robnu/testing`: what a plugin's sandbox and tests may import beside the contract. */
export { fakeContext, sandboxContext } from './fakes.ts'
export type { FakeAnswer, FakeContext, FakeOptions, FakeRequest, LoggedEvent } from './fakes.ts'
export { createBuckets } from './sandbox/bucket.ts'
export type { BucketLimit, Buckets } from './sandbox/bucket.ts'
export { clockVerb, startClock, upstreamAt } from './sandbox/clock.ts'
export type { ClockOptions, SandboxClock } from './sandbox/clock.ts'
export { csvRecords } from './sandbox/csv.ts'
export { createFaults, faultKinds } from './sandbox/faults.ts'
export type { FaultKind, Faults } from './sandbox/faults.ts'
export { textPdf } from './sandbox/pdf.ts'
export { personFor, placeFor } from './sandbox/people.ts'
export type { Person, Place } from './sandbox/people.ts'
export { digitsOf, hashOf, randomFor } from './sandbox/random.ts'
export type { Random } from './sandbox/random.ts'
export type {
  ClockAnchor,
  DemoAccount,
  RunningSandbox,
  SandboxOptions,
  StartSandbox,
} from './sandbox/sandbox.ts'
export type { ControlVerb } from './sandbox/control.ts'
export type { SandboxAnswer, SandboxRequest, SandboxRoute } from './sandbox/routes.ts'
export { startServer, upstreamHostHeader } from './sandbox/server.ts'
export type { RunningServer, ServerOptions } from './sandbox/server.ts'
