/** How much is measured: a full run for figures, a quick one to see that all of it still works. */
import type { FillSize } from './fill.ts'
import type { IngestSize } from './ingest.ts'
import type { LimitsSize } from './limits.ts'
import type { PagesSize } from './pages.ts'
import type { ReadsSize } from './reads.ts'
import type { SealSize } from './seal.ts'
import type { WorkSize } from './work.ts'

export interface Sizes {
  readonly fill: FillSize
  readonly reads: ReadsSize
  readonly pages: PagesSize
  readonly ingest: IngestSize
  readonly seal: SealSize
  readonly limits: LimitsSize
  readonly work: WorkSize
}

export const fullSizes: Sizes = {
  fill: { sellers: 20, orders: 200_000 },
  reads: { rounds: 24, sliceMs: 300 },
  pages: { rounds: 16, sliceMs: 400, loops: [1, 4, 32] },
  ingest: { rounds: 7, orders: 10_000 },
  seal: { rounds: 24, sliceMs: 200 },
  limits: { rounds: 16, sliceMs: 200 },
  work: { rounds: 8, jobs: 800 },
}

export const quickSizes: Sizes = {
  fill: { sellers: 3, orders: 1_000 },
  reads: { rounds: 3, sliceMs: 40 },
  pages: { rounds: 3, sliceMs: 60, loops: [1, 4] },
  ingest: { rounds: 2, orders: 500 },
  seal: { rounds: 3, sliceMs: 30 },
  limits: { rounds: 3, sliceMs: 30 },
  work: { rounds: 2, jobs: 60 },
}
