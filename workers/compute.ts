import { httpStore } from '../src/engine/source/http.ts'
import { exposeCompute } from './remote.ts'

/** Decoded residues that the workers of a page keep together. */
const CACHE_BYTES = 1 << 30

// Entry of a browser's compute worker: the page sends one port, on which the search worker calls.
addEventListener(
  'message',
  ({ data }: MessageEvent<MessagePort>) => {
    exposeCompute(data, (onRequest) => ({
      openStore: (location) => httpStore(location, { onRequest }),
      cacheBytes: CACHE_BYTES / navigator.hardwareConcurrency,
      pause: macrotask,
      now: () => performance.now(),
    }))
    data.start()
  },
  { once: true },
)

const { port1, port2 } = new MessageChannel()
const waiting: (() => void)[] = []
port1.onmessage = () => waiting.shift()?.()

/** A turn of the event loop without the 4 ms that nested timers wait. */
function macrotask(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve)
    port2.postMessage(null)
  })
}
