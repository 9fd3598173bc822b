/** Globals that browsers, workers and Node share and the engine may use. Nothing else of any host is visible to it. */
declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean })
  decode(bytes?: ArrayBufferView | ArrayBuffer, options?: { stream?: boolean }): string
}
interface AbortSignal {
  readonly aborted: boolean
  readonly reason: unknown
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void
  removeEventListener(type: 'abort', listener: () => void): void
}
declare class AbortController {
  readonly signal: AbortSignal
  abort(reason?: unknown): void
}
declare function setTimeout(callback: () => void, milliseconds?: number): unknown
declare function clearTimeout(timer: unknown): void
declare namespace WebAssembly {
  class Module {
    constructor(bytes: BufferSource)
  }
  class Memory {
    constructor(descriptor: { initial: number; maximum?: number })
    readonly buffer: ArrayBuffer
    grow(pages: number): number
  }
  class Instance {
    constructor(module: Module, imports?: Record<string, Record<string, unknown>>)
    readonly exports: Record<string, unknown>
  }
  function instantiate(module: Module, imports?: Record<string, Record<string, unknown>>): Promise<Instance>
  function compile(bytes: BufferSource): Promise<Module>
}
type BufferSource = ArrayBufferView<ArrayBuffer> | ArrayBuffer
interface ReadableStreamReadResult<T> {
  done: boolean
  value?: T
}
interface ReadableStreamDefaultReader<T> {
  read(): Promise<ReadableStreamReadResult<T>>
  cancel(reason?: unknown): Promise<void>
  releaseLock(): void
}
interface ReadableStream<T = Uint8Array> {
  getReader(): ReadableStreamDefaultReader<T>
  pipeThrough<U>(transform: { readable: ReadableStream<U>; writable: unknown }): ReadableStream<U>
}
declare class DecompressionStream {
  constructor(format: 'gzip' | 'deflate' | 'deflate-raw')
  readonly readable: ReadableStream
  readonly writable: unknown
}
interface FetchHeaders {
  get(name: string): string | null
}
interface FetchResponse {
  readonly status: number
  readonly ok: boolean
  readonly headers: FetchHeaders
  readonly body: ReadableStream | null
  arrayBuffer(): Promise<ArrayBuffer>
}
declare function fetch(
  url: string,
  init?: { method?: string; headers?: Record<string, string>; signal?: AbortSignal; cache?: string },
): Promise<FetchResponse>
declare const performance: { now(): number }
