import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import { parentPort } from 'node:worker_threads'
import { exposeCompute } from '../../workers/remote.ts'
import { computeHost } from './host.ts'

exposeCompute(nodeEndpoint(parentPort!), () => computeHost)
