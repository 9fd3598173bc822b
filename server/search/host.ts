import { setImmediate as pause } from 'node:timers/promises'
import type { ComputeHost } from '../../src/engine/search/compute.ts'
import { openStore } from '../storage/open.ts'

/** What every compute worker of Node is given. */
export const computeHost: ComputeHost = {
  openStore,
  cacheBytes: 256 << 20,
  pause: () => pause(),
  now: () => performance.now(),
}
