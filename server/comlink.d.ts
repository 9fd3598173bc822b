declare module 'comlink/dist/esm/node-adapter.mjs' {
  import type { Endpoint } from 'comlink'
  import type { MessagePort, Worker } from 'node:worker_threads'

  /** Comlink's endpoint of a Node port or thread. The package ships this module without types. */
  export default function nodeEndpoint(port: MessagePort | Worker): Endpoint
}
