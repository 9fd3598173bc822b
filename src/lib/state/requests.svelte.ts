import type { RequestLogEntry } from '#lib/client/types.ts'
import { client } from './client.ts'

/** The client's log of requests, made visible to components. */
class Requests {
  entries = $state.raw<readonly RequestLogEntry[]>([])
  open = $state(false)

  constructor() {
    this.entries = [...client.requests]
    let scheduled = false
    client.onRequest(() => {
      if (scheduled) return
      scheduled = true
      requestAnimationFrame(() => {
        scheduled = false
        this.entries = [...client.requests]
      })
    })
  }
}

export const requests = new Requests()
