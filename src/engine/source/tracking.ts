import type { ByteSource } from './types.ts'

export interface TrackedRequest {
  name: string
  /** Bytes asked for, half open; null for a whole file. */
  range: [number, number] | null
  bytes: number
  /** Length of the longest chain of requests, this one last, each of which began after the one before had ended. */
  hop: number
}

/** Counts what reading costs over a network: requests, bytes, and hops (requests that had to wait for others). */
export class RequestTracker {
  readonly requests: TrackedRequest[] = []
  #endedHops = 0

  get bytes(): number {
    return this.requests.reduce((sum, request) => sum + request.bytes, 0)
  }

  /** The longest chain of requests made one after the other. */
  get hops(): number {
    return this.requests.reduce((most, request) => Math.max(most, request.hop), 0)
  }

  reset(): void {
    this.requests.length = 0
    this.#endedHops = 0
  }

  async track(name: string, range: [number, number] | null, read: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const request: TrackedRequest = { name, range, bytes: 0, hop: this.#endedHops + 1 }
    this.requests.push(request)
    try {
      const bytes = await read()
      request.bytes = bytes.length
      return bytes
    } finally {
      this.#endedHops = Math.max(this.#endedHops, request.hop)
    }
  }
}

/** `source`, with every read counted by `tracker`. */
export function tracking(source: ByteSource, tracker: RequestTracker): ByteSource {
  const { name } = source
  return {
    name,
    read: (offset, length, options) =>
      tracker.track(name, [offset, offset + length], () => source.read(offset, length, options)),
    readAll: (options) => tracker.track(name, null, () => source.readAll(options)),
  }
}
