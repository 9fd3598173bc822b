import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import { setImmediate as pause } from 'node:timers/promises'
import { parentPort } from 'node:worker_threads'
import { exposeCompute } from '../../workers/remote.ts'
import { openStore } from '../storage/open.ts'

exposeCompute(nodeEndpoint(parentPort!), () => ({
  openStore,
  cacheBytes: 256 << 20,
  pause: () => pause(),
  now: () => performance.now(),
}))
